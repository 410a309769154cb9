-- The account and the rights of a live API key.
select k.secret_hash, k.account_id, array_to_string(k.scopes, ' ') as scopes, a.plan
from links.api_keys k
join links.accounts a on a.id = k.account_id
where k.id = $1 and k.revoked_at is null
