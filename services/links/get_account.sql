-- The caller's account.
-- in  account_id text
-- out version int, account json
select a.version, links.account_json(a) as account from links.accounts a where a.id = :account_id
