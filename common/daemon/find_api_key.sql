-- The account and the rights of a live API key; no row when there is none.
-- in  key_id text
-- out secret_hash bytea, account_id text, scopes text, plan text
select secret_hash, account_id, scopes, plan from links.live_api_key(:key_id)
