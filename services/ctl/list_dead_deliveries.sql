-- Deliveries that no further try is made for, the oldest first.
-- in  most int
-- out delivery_id text, kind text, reason text?, attempts int, last_error text, created_at text
select id as delivery_id, kind, reason, attempts, coalesce(last_error, '') as last_error, sharelink.rfc3339(created_at) as created_at
from notifications.deliveries
where state = 'failed'
order by id
limit :most
