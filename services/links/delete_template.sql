-- Removes a message template; links keep the text that they were made with.
with template as materialized (
    select id, case when $3::int is not null and version <> $3::int then 'version_mismatch' else 'ok' end as outcome
    from links.email_templates where account_id = $1 and id = $2
    for update
),
gone as (
    delete from links.email_templates t using template where t.id = template.id and template.outcome = 'ok'
)
select outcome from template
