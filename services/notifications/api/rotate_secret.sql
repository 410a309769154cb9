-- Gives a webhook endpoint a new secret; the one before signs too for a while.
-- in  account_id text, endpoint_id text, secret bytea, both_sign_s int
-- out version int, endpoint json
update notifications.webhook_endpoints e
set previous_secret = e.secret, previous_until = now() + :both_sign_s * interval '1 second', secret = :secret,
    version = e.version + 1, updated_at = now()
where e.account_id = :account_id and e.id = :endpoint_id
returning e.version, notifications.webhook_endpoint_json(e) as endpoint
