-- The language of an account's mails.
-- in  account_id text
-- out locale text?
select a.locale from links.accounts a where a.id = :account_id
