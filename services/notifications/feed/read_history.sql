-- A page of an account's log for a listener that catches up, bounded in bytes too: from behind xid and event_id on, without
-- after_id itself, in the order of commits; what was not in the snapshot told, when it is given, and was in upto, or is committed
-- by now.
-- in  account_id text, xid xid8, event_id text, after_id text, told pg_snapshot?, upto pg_snapshot?
-- out events json, has_more bool, snapshot text
with news as materialized (
    select l.* from events.log l
    where l.account_id = :account_id and (l.xid, l.id) > (:xid, :event_id) and l.id <> :after_id
      and (:told is null or not pg_visible_in_snapshot(l.xid, :told))
      and (:upto is null or pg_visible_in_snapshot(l.xid, :upto))
    order by l.xid, l.id
    limit 200
),
page as materialized (
    select n.* from news n
    where (n.xid, n.id) <= (
        select s.xid, s.id
        from (select n.xid, n.id, pg_column_size(n.data) as size, sum(pg_column_size(n.data)) over (order by n.xid, n.id) as sum from news n) s
        where s.sum - s.size < 65536
        order by s.xid desc, s.id desc
        limit 1
    )
)
select (select coalesce(json_agg(json_build_array(p.id, p.type, p.account_id, p.share_link_id, notifications.event_json(p)::text, p.xid::text,
                                                  (select o.owner_email from links.mail_links o where o.share_link_id = p.share_link_id))
                                 order by p.xid, p.id), '[]') from page p) as events,
       (select count(*) from news) = 200 or (select count(*) from news) > (select count(*) from page) as has_more,
       pg_current_snapshot()::text as snapshot
