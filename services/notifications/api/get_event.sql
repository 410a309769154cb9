-- One event of an account's log.
-- in  account_id text, session_id text?, event_id text
-- out event json
select notifications.event_json(l) as event
from events.log l
where l.account_id = :account_id and l.id = :event_id and console.session_reaches(:session_id, 'share_link', l.share_link_id)
