-- One event of an account's log.
-- in  account_id text, event_id text
-- out event json
select notifications.event_json(l) as event
from events.log l
where l.account_id = :account_id and l.id = :event_id
