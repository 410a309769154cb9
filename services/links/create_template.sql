-- Stores a message template. The account's row is locked, so that one after the other takes the default from the one before.
with account as materialized (
    select id from links.accounts where id = $1 for no key update
),
taken as materialized (
    select case when $6::boolean then links.take_default_now(id, $2) end as count, id from account
),
stored as (
    insert into links.email_templates (id, account_id, name, subject, body, is_default)
    select $2, id, $3, $4, $5, $6::boolean from taken
    returning *
)
select s.version, links.email_template_json(s) as template from stored s
