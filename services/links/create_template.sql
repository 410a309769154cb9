-- Stores a message template. The account's row is locked, so that one after the other takes the default from the one before.
-- in  account_id text, template_id text, name text, subject text, body text, is_default bool
-- out version int, template json
with account as materialized (
    select id from links.accounts where id = :account_id for no key update
),
taken as materialized (
    select case when :is_default then links.take_default_now(id, :template_id) end as count, id from account
),
stored as (
    insert into links.email_templates (id, account_id, name, subject, body, is_default)
    select :template_id, id, :name, :subject, :body, :is_default from taken
    returning *
)
select s.version, links.email_template_json(s) as template from stored s
