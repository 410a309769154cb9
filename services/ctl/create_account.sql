-- Stores a new account.
-- in account_id text, name text, plan text
insert into links.accounts (id, name, plan) values (:account_id, :name, :plan)
