-- One webhook endpoint, without its secret.
select e.version, notifications.webhook_endpoint_json(e) as endpoint
from notifications.webhook_endpoints e
where e.account_id = $1 and e.id = $2
