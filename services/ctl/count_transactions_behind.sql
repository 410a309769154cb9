-- How many transactions this server is behind those that the log and its readers' cursors have seen.
-- out behind bigint
select greatest(0, l.xid - pg_snapshot_xmax(pg_current_snapshot())::text::bigint + 1) as behind
from (
    select coalesce(max(xid::text::bigint), 0) as xid
    from ((select xid from events.log order by xid desc limit 1) union all select xid from notifications.cursors) x
) l
