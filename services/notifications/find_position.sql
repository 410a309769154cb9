-- Where a listener goes on that has got the event $2 of its account: with all that was not over when that one was written.
select coalesce(l.horizon, l.xid)::text as xid, pg_snapshot_xmin(pg_current_snapshot())::text as complete_below
from events.log l
where l.account_id = $1 and l.id = $2
