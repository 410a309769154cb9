-- The sweep: events that the group has not settled although they are older than $2 ms, oldest first; and the cursor moved up to
-- the first unsettled one. One sweeper at a time, by a lock of this transaction alone, so it needs no session of its own.
-- It looks at $4 events from the cursor on, or from $5, $6 in the same turn, so that it comes through however much has happened
-- while nobody swept; a full look tells from where to go on: the cursor (null) or, when that could not move, the last row.
-- The look-up in settled goes by its key in whatever plan: the plan is made once (services/ctl/schema/roles.sql).
-- The cursor stays below the oldest transaction still running: a row of that transaction may yet appear behind it.
with turn as materialized (
    select pg_try_advisory_xact_lock(hashtext('sharelink sweep ' || $1)) as mine
),
position as materialized (
    select c.xid, c.event_id from notifications.cursors c, turn where turn.mine and c.consumer = $1
),
walked as materialized (
    select l.xid, l.id, l.created_at,
           (select 1 from notifications.settled s where s.consumer = $1 and s.event_id = l.id limit 1) is null as is_unsettled
    from position p
    cross join lateral (
        select l.xid, l.id, l.created_at from events.log l
        where (l.xid, l.id) > (coalesce($5::xid8, p.xid), coalesce($6, p.event_id))
        order by l.xid, l.id
        limit $4::int
    ) l
),
unsettled as materialized (
    select xid, id, created_at from walked where is_unsettled order by xid, id limit $3::int
),
oldest as materialized (
    select xid, id from unsettled order by xid, id limit 1
),
reached as materialized (
    select w.xid, w.id from walked w
    where $5::xid8 is null and w.xid < pg_snapshot_xmin(pg_current_snapshot())
      and (not exists (select from oldest) or (w.xid, w.id) < (select o.xid, o.id from oldest o))
    order by w.xid desc, w.id desc
    limit 1
),
moved as (
    update notifications.cursors c set xid = r.xid, event_id = r.id from reached r where c.consumer = $1
    returning 1
),
behind as materialized (
    select xid, id from walked where not exists (select from moved) order by xid desc, id desc limit 1
)
select coalesce(json_agg(id order by xid, id) filter (where created_at < now() - $2::int * interval '1 millisecond'), '[]') as event_ids,
       (select count(*) from walked) = $4::int as is_full,
       (select xid::text from behind) as next_xid,
       (select id from behind) as next_id
from unsettled
