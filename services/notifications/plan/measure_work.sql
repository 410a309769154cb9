-- How long the mail, and the webhook, that has waited longest has been due, in seconds; 0 when none is. Webhooks of endpoints that
-- are switched off or fail wait for those: they do not count. And webhook endpoints by what their breaker is at: closed (enabled),
-- failing (enabled, and nothing has come through since the first failure), open (switched off, by hand or by failures).
-- out mails_overdue_s bigint, webhooks_overdue_s bigint, enabled int, failing int, disabled int
select (select coalesce(greatest(extract(epoch from now() - min(next_attempt_at)), 0), 0)::bigint
        from notifications.deliveries where state = 'pending' and channel = 'email') as mails_overdue_s,
       coalesce(max(greatest(extract(epoch from now() - d.next_attempt_at), 0)), 0)::bigint as webhooks_overdue_s,
       count(*) filter (where e.state = 'enabled' and e.failing_since is null)::int as enabled,
       count(*) filter (where e.state = 'enabled' and e.failing_since is not null)::int as failing,
       count(*) filter (where e.state = 'disabled')::int as disabled
from notifications.webhook_endpoints e
left join lateral (
    select d.next_attempt_at from notifications.deliveries d
    where d.channel = 'webhook' and d.state = 'pending' and d.recipient = e.id and e.state = 'enabled' and e.failing_since is null
    order by d.next_attempt_at
    limit 1
) d on true
