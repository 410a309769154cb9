-- Stores a webhook endpoint, unless the account has endpoints_max already: then there is no row.
-- in  endpoint_id text, account_id text, url text, events text[]?, description text?, state text, secret bytea, endpoints_max int
-- out version int, endpoint jsonb
insert into notifications.webhook_endpoints as e (id, account_id, url, events, description, state, state_reason, secret)
select :endpoint_id, :account_id, :url, :events, :description, :state, case :state when 'disabled' then 'manual' end, :secret
where (select count(*) from notifications.webhook_endpoints o where o.account_id = :account_id) < :endpoints_max
returning e.version, notifications.webhook_endpoint_json(e)::jsonb as endpoint
