-- Takes an account's row for the rest of the transaction.
-- in account_id text
-- out account_id text
select id as account_id from links.accounts where id = :account_id for update
