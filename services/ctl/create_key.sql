-- Stores an API key, unless the account has as many live ones already as it may have. Behind lock_account.sql: the count must be
-- taken by a snapshot that is younger than the lock, or two at once would make one too many.
-- in  key_id text, account_id text, secret_hash bytea, scopes text[], keys_max int
-- out key_id text
insert into links.api_keys (id, account_id, secret_hash, scopes)
select :key_id, a.id, :secret_hash, :scopes
from links.accounts a
where a.id = :account_id
  and (select count(*) from links.api_keys k where k.account_id = a.id and k.revoked_at is null) < :keys_max
returning id as key_id
