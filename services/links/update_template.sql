-- Changes a message template; links keep the text that they were made with. What is null stays as it is. The account's row is
-- locked first, as in create_template.sql.
-- in  account_id text, template_id text, tags text?, name text?, subject text?, body text?, is_default bool?
-- out outcome: ok | version_mismatch | no row: not_found, version int?, template json?
with account as materialized (
    select id from links.accounts where id = :account_id for no key update
),
template as materialized (
    select t.* from links.email_templates t, account a where t.account_id = a.id and t.id = :template_id for update of t
),
judged as materialized (
    select id, case when sharelink.is_other('v' || version, :tags) then 'version_mismatch' else 'ok' end as outcome from template
),
taken as materialized (
    select id, case when :is_default then links.take_default_now(:account_id, id) end as count from judged where outcome = 'ok'
),
changed as (
    update links.email_templates t
    set name = coalesce(:name, t.name),
        subject = coalesce(:subject, t.subject),
        body = coalesce(:body, t.body),
        is_default = coalesce(:is_default, t.is_default),
        version = t.version + 1,
        updated_at = now()
    from taken
    where t.id = taken.id
    returning t.*
)
select j.outcome, (select version from changed) as version, (select links.email_template_json(c) from changed c) as template
from judged j
