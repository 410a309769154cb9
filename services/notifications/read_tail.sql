-- What was written since $1, $2 and is committed by now, but for those that the caller has seen ($3), in the order of commits;
-- and how far the log is complete: nothing can appear below that any more.
with news as materialized (
    select l.* from events.log l
    where (l.xid, l.id) > ($1::xid8, $2) and l.id <> all ($3::text[])
    order by l.xid, l.id
    limit 500
)
select (select coalesce(json_agg(json_build_array(l.id, l.type, l.account_id, l.share_link_id, notifications.event_json(l)::text, l.xid::text)
                                 order by l.xid, l.id), '[]') from news l) as events,
       pg_snapshot_xmin(pg_current_snapshot())::text as complete_below
