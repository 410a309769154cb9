-- Where a listener goes on that has got this event of its account: with all that was not over when that one was written.
-- in  account_id text, event_id text
-- out xid xid8
select coalesce(l.horizon, l.xid) as xid
from events.log l
where l.account_id = :account_id and l.id = :event_id
