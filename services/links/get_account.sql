-- The caller's account.
select a.version, links.account_json(a) as account from links.accounts a where a.id = $1
