-- How long ago the oldest event happened that the group has not settled, in seconds; 0 when there is none among the next walk_most
-- behind the cursor, which is right before it unless a long transaction holds the cursor back.
-- in  consumer text, walk_most int
-- out oldest_s bigint
select coalesce((
    select greatest(extract(epoch from now() - l.created_at), 0)::bigint
    from notifications.cursors c
    cross join lateral (
        select l.xid, l.id, l.created_at from events.log l
        where (l.xid, l.id) > (c.xid, c.event_id)
        order by l.xid, l.id
        limit :walk_most
    ) l
    where c.consumer = :consumer
      and (select 1 from notifications.settled s where s.consumer = :consumer and s.event_id = l.id limit 1) is null
    order by l.xid, l.id
    limit 1), 0) as oldest_s
