-- Where a listener goes on that has got the event $2 of its account: with all that was not over when that one was written.
select coalesce(l.horizon, l.xid)::text as xid
from events.log l
where l.account_id = $1 and l.id = $2
