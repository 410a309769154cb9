-- Ends a live API key; no row when there is none.
-- in  key_id text
-- out key_id text
update links.api_keys set revoked_at = now() where id = :key_id and revoked_at is null returning id as key_id
