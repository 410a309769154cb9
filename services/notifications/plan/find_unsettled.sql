-- The sweep: events that the group has not settled although they are older than grace_ms, oldest first; and the cursor moved up
-- to the first unsettled one. One sweeper at a time, by a lock of this transaction alone, so it needs no session of its own.
-- It looks at walk_most events from the cursor on, or from behind from_xid and from_id in the same turn, so that it comes through
-- however much has happened while nobody swept; a full look tells from where to go on: the cursor (null) or, when that could not
-- move, the last row. The waiting ones, which failed and wait by themselves, are not brought; behind seen_xid and seen_id all is
-- settled or waits.
-- The look-up in settled goes by its key in whatever plan: the plan is made once (services/ctl/schema/roles.sql).
-- The cursor stays below the oldest transaction still running: a row of that transaction may yet appear behind it. It stays where it
-- is while somebody has it locked.
-- in  consumer text, grace_ms int, events_most int, walk_most int, from_xid xid8?, from_id text?, waiting_ids text[]
-- out event_ids json, is_full bool, next_xid text?, next_id text?, seen_xid text?, seen_id text?
with turn as materialized (
    select pg_try_advisory_xact_lock(hashtext('sharelink sweep ' || :consumer)) as mine
),
position as materialized (
    select c.xid, c.event_id from notifications.cursors c, turn where turn.mine and c.consumer = :consumer
),
walked as materialized (
    select l.xid, l.id, l.created_at,
           (select 1 from notifications.settled s where s.consumer = :consumer and s.event_id = l.id limit 1) is null as is_unsettled
    from position p
    cross join lateral (
        select l.xid, l.id, l.created_at from events.log l
        where (l.xid, l.id) > (coalesce(:from_xid, p.xid), coalesce(:from_id, p.event_id))
        order by l.xid, l.id
        limit :walk_most
    ) l
),
waiting as materialized (
    select unnest(:waiting_ids) as id
),
unsettled as materialized (
    select w.xid, w.id, w.created_at from walked w
    where w.is_unsettled and w.id not in (select id from waiting)
    order by w.xid, w.id
    limit :events_most
),
oldest as materialized (
    select xid, id from walked where is_unsettled order by xid, id limit 1
),
first as materialized (
    select xid, id from unsettled order by xid, id limit 1
),
seen as materialized (
    select w.xid, w.id from walked w
    where w.xid < pg_snapshot_xmin(pg_current_snapshot())
      and (not exists (select from first) or (w.xid, w.id) < (select f.xid, f.id from first f))
    order by w.xid desc, w.id desc
    limit 1
),
reached as materialized (
    select w.xid, w.id from walked w
    where :from_xid is null and w.xid < pg_snapshot_xmin(pg_current_snapshot())
      and (not exists (select from oldest) or (w.xid, w.id) < (select o.xid, o.id from oldest o))
    order by w.xid desc, w.id desc
    limit 1
),
free as materialized (
    select c.consumer from notifications.cursors c, reached where c.consumer = :consumer
    for no key update of c skip locked
),
moved as (
    update notifications.cursors c set xid = r.xid, event_id = r.id from reached r, free f where c.consumer = f.consumer
    returning 1
),
behind as materialized (
    select xid, id from walked where not exists (select from moved) order by xid desc, id desc limit 1
)
select coalesce(json_agg(id order by xid, id) filter (where created_at < now() - :grace_ms * interval '1 millisecond'), '[]') as event_ids,
       (select count(*) from walked) = :walk_most as is_full,
       (select xid::text from behind) as next_xid,
       (select id from behind) as next_id,
       (select xid::text from seen) as seen_xid,
       (select id from seen) as seen_id
from unsettled
