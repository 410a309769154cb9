-- How long the mail that has waited longest has been due, in seconds; 0 when none is. And webhook endpoints by what their breaker
-- is at: closed (enabled), failing (enabled, and nothing has come through since the first failure), open (switched off, by hand
-- or by failures).
-- out mails_overdue_s bigint, enabled int, failing int, disabled int
select (select coalesce(greatest(extract(epoch from now() - min(next_attempt_at)), 0), 0)::bigint
        from notifications.deliveries where state = 'pending' and channel = 'email') as mails_overdue_s,
       count(*) filter (where state = 'enabled' and failing_since is null)::int as enabled,
       count(*) filter (where state = 'enabled' and failing_since is not null)::int as failing,
       count(*) filter (where state = 'disabled')::int as disabled
from notifications.webhook_endpoints
