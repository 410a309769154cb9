-- Removes a message template; links keep the text that they were made with.
-- in  account_id text, template_id text, tags text?
-- out outcome: ok | version_mismatch | no row: not_found
with template as materialized (
    select id, case when sharelink.is_other('v' || version, :tags) then 'version_mismatch' else 'ok' end as outcome
    from links.email_templates where account_id = :account_id and id = :template_id
    for update
),
gone as (
    delete from links.email_templates t using template where t.id = template.id and template.outcome = 'ok'
)
select outcome from template
