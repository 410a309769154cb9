-- Gives a webhook endpoint a new secret; the one before signs too for $4 seconds.
update notifications.webhook_endpoints e
set previous_secret = e.secret, previous_until = now() + $4::int * interval '1 second', secret = $3::bytea,
    version = e.version + 1, updated_at = now()
where e.account_id = $1 and e.id = $2
returning e.version, notifications.webhook_endpoint_json(e) as endpoint
