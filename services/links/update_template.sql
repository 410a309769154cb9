-- Changes a message template; links keep the text that they were made with. $3 the version wanted, $4 to $7 the new values
-- or null. The account's row is locked first, as in create_template.sql.
with account as materialized (
    select id from links.accounts where id = $1 for no key update
),
template as materialized (
    select t.* from links.email_templates t, account a where t.account_id = a.id and t.id = $2 for update of t
),
judged as materialized (
    select id, case when $3::int is not null and version <> $3::int then 'version_mismatch' else 'ok' end as outcome from template
),
taken as materialized (
    select id, case when $7::boolean then links.take_default_now($1, id) end as count from judged where outcome = 'ok'
),
changed as (
    update links.email_templates t
    set name = coalesce($4, t.name),
        subject = coalesce($5, t.subject),
        body = coalesce($6, t.body),
        is_default = coalesce($7::boolean, t.is_default),
        version = t.version + 1,
        updated_at = now()
    from taken
    where t.id = taken.id
    returning t.*
)
select j.outcome, (select version from changed) as version, (select links.email_template_json(c) from changed c) as template
from judged j
