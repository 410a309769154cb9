-- Webhook endpoints by what their breaker is at: closed (enabled), failing (enabled, and nothing has come through since the
-- first failure), open (switched off, by hand or by failures).
select count(*) filter (where state = 'enabled' and failing_since is null)::int as enabled,
       count(*) filter (where state = 'enabled' and failing_since is not null)::int as failing,
       count(*) filter (where state = 'disabled')::int as disabled
from notifications.webhook_endpoints
