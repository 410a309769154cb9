-- The caller's account. What becomes of a logo that is wanted is seen in it and does not move the version.
-- in  account_id text
-- out version int, is_logo_wanted bool, account json
select a.version, w.account_id is not null as is_logo_wanted, links.account_json(a, w.logo_state) as account
from links.accounts a
left join views.wanted_logos w on w.account_id = a.id
where a.id = :account_id
