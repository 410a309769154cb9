-- Stores a webhook endpoint, unless the account has $8 already.
insert into notifications.webhook_endpoints as e (id, account_id, url, events, description, state, state_reason, secret)
select $1, $2, $3, $4::text[], $5, $6, case $6 when 'disabled' then 'manual' end, $7::bytea
where (select count(*) from notifications.webhook_endpoints o where o.account_id = $2) < $8::int
returning e.version, notifications.webhook_endpoint_json(e)::jsonb as endpoint
