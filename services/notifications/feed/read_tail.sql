-- What is committed by now and was not in the snapshot told: what that one saw as running, and what has begun since. Nothing
-- else is looked at, however long a transaction runs. In the order of commits, from behind xid and event_id on, and a page at a
-- time, bounded in bytes too: the pages after the first tell what was committed in the first one's snapshot, upto. Without told:
-- where we are.
-- in  told pg_snapshot?, upto pg_snapshot?, xid xid8, event_id text
-- out events json, has_more bool, snapshot text
with news as materialized (
    select * from (
        (select l.* from events.log l
         where l.xid >= pg_snapshot_xmax(:told) and (l.xid, l.id) > (:xid, :event_id)
           and (:upto is null or pg_visible_in_snapshot(l.xid, :upto))
         order by l.xid, l.id
         limit 500)
        union all
        (select l.* from pg_snapshot_xip(:told) as ran (xid)
         cross join lateral (
             select l.* from events.log l
             where l.xid = ran.xid and (l.xid, l.id) > (:xid, :event_id)
               and (:upto is null or pg_visible_in_snapshot(l.xid, :upto))
             order by l.xid, l.id
             limit 500
         ) l)
    ) u
    order by u.xid, u.id
    limit 500
),
page as materialized (
    select n.* from news n
    where (n.xid, n.id) <= (
        select s.xid, s.id
        from (select n.xid, n.id, pg_column_size(n.data) as size, sum(pg_column_size(n.data)) over (order by n.xid, n.id) as sum from news n) s
        where s.sum - s.size < 131072
        order by s.xid desc, s.id desc
        limit 1
    )
)
select (select coalesce(json_agg(json_build_array(p.id, p.type, p.account_id, p.share_link_id, notifications.event_json(p)::text, p.xid::text,
                                                  (select o.owner_email from links.mail_links o where o.share_link_id = p.share_link_id))
                                 order by p.xid, p.id), '[]') from page p) as events,
       (select count(*) from news) = 500 or (select count(*) from news) > (select count(*) from page) as has_more,
       pg_current_snapshot()::text as snapshot
