-- The sweep: events that the group has not settled although they are older than $2 ms, oldest first; and the cursor moved up to
-- the first unsettled one. One sweeper at a time, by a lock of this transaction alone, so it needs no session of its own.
-- The look-up in settled goes by its key in whatever plan: the plan is made once (0074_notification_plans.sql).
-- The cursor stays below the oldest transaction still running: a row of that transaction may yet appear behind it.
with turn as materialized (
    select pg_try_advisory_xact_lock(hashtext('sharelink sweep ' || $1)) as mine
),
position as materialized (
    select c.xid, c.event_id from notifications.cursors c, turn where turn.mine and c.consumer = $1
),
unsettled as materialized (
    select l.xid, l.id, l.created_at
    from position p
    cross join lateral (
        select l.xid, l.id, l.created_at from events.log l
        where (l.xid, l.id) > (p.xid, p.event_id)
          and (select 1 from notifications.settled s where s.consumer = $1 and s.event_id = l.id limit 1) is null
        order by l.xid, l.id
        limit $3::int
    ) l
),
oldest as materialized (
    select xid, id from unsettled order by xid, id limit 1
),
reached as materialized (
    select l.xid, l.id
    from position p
    cross join lateral (
        select l.xid, l.id from events.log l
        where (l.xid, l.id) > (p.xid, p.event_id)
          and l.xid < pg_snapshot_xmin(pg_current_snapshot())
          and (not exists (select from oldest) or (l.xid, l.id) < (select o.xid, o.id from oldest o))
        order by l.xid desc, l.id desc
        limit 1
    ) l
),
moved as (
    update notifications.cursors c set xid = r.xid, event_id = r.id from reached r where c.consumer = $1
)
select coalesce(json_agg(id order by xid, id) filter (where created_at < now() - $2::int * interval '1 millisecond'), '[]') as event_ids
from unsettled
