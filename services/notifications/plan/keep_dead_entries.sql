-- Keeps what could not be understood or handled, for a person to look at; events among it count as settled, or the sweep
-- would hand them on for ever.
with dead as (
    select nullif(t.stream, '') as stream, nullif(t.entry_id, '') as entry_id, nullif(t.event_id, '') as event_id, t.fault
    from unnest($2::text[], $3::text[], $4::text[], $5::text[]) as t (stream, entry_id, event_id, fault)
),
settled as (
    insert into notifications.settled (consumer, event_id)
    select distinct $1, event_id from dead where event_id is not null
    on conflict do nothing
)
insert into notifications.dead_entries (consumer, stream, entry_id, event_id, fault)
select $1, stream, entry_id, event_id, fault from dead
on conflict do nothing
