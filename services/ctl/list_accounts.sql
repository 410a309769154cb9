-- All accounts, the oldest first.
-- out account_id text, plan text, name text, live_keys bigint
select a.id as account_id, a.plan, a.name,
       (select count(*) from links.api_keys k where k.account_id = a.id and k.revoked_at is null) as live_keys
from links.accounts a
order by a.id
