-- One webhook endpoint, without its secret.
-- in  account_id text, endpoint_id text
-- out version int, endpoint json
select e.version, notifications.webhook_endpoint_json(e) as endpoint
from notifications.webhook_endpoints e
where e.account_id = :account_id and e.id = :endpoint_id
