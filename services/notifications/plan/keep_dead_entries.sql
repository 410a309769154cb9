-- Keeps what could not be understood or handled, for a person to look at; events among it count as settled, or the sweep
-- would hand them on for ever.
-- in   consumer text
-- rows dead: stream text, entry_id text, event_id text?, fault text
with dead as (
    select nullif(t.stream, '') as stream, nullif(t.entry_id, '') as entry_id, nullif(t.event_id, '') as event_id, t.fault
    from :dead as t
),
settled as (
    insert into notifications.settled (consumer, event_id)
    select distinct :consumer, event_id from dead where event_id is not null order by event_id
    on conflict do nothing
)
insert into notifications.dead_entries (consumer, stream, entry_id, event_id, fault)
select :consumer, stream, entry_id, event_id, fault from dead order by stream, entry_id
on conflict do nothing
