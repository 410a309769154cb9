-- The caller's account.
-- in  account_id text
-- out version int, account json
select a.version, links.account_json(a, w.logo_state) as account
from links.accounts a
left join views.wanted_logos w on w.account_id = a.id
where a.id = :account_id
