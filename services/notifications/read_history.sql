-- A page of an account's log for a listener that catches up: from behind $2, $3 on, below $4 when it is given.
with page as materialized (
    select l.* from events.log l
    where l.account_id = $1 and (l.xid, l.id) > ($2::xid8, $3) and ($4::xid8 is null or l.xid < $4::xid8) and l.id <> $5
    order by l.xid, l.id
    limit $6::int
)
select (select coalesce(json_agg(json_build_array(l.id, l.type, l.account_id, l.share_link_id, notifications.event_json(l)::text, l.xid::text)
                                 order by l.xid, l.id), '[]') from page l) as events
