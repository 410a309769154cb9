-- The account and the rights of a live API key.
select secret_hash, account_id, scopes, plan from links.live_api_key($1)
