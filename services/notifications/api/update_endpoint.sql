-- Changes a webhook endpoint. $3 the version wanted; $4 url, $6 description (with $7), $8 state: null leaves it as it is; $5
-- events, when $9 says that they were given (null then means all). Switching on forgives what failed.
with endpoint as materialized (
    select e.* from notifications.webhook_endpoints e where e.account_id = $1 and e.id = $2 for update
),
judged as materialized (
    select id, case when $3::int is not null and version <> $3::int then 'version_mismatch' else 'ok' end as outcome from endpoint
),
changed as (
    update notifications.webhook_endpoints e
    set url = coalesce($4, e.url),
        events = case when $9::boolean then $5::text[] else e.events end,
        description = case when $7::boolean then $6 else e.description end,
        state = coalesce($8, e.state),
        state_reason = case $8 when 'enabled' then null when 'disabled' then coalesce(e.state_reason, 'manual') else e.state_reason end,
        failing_since = case when $8 = 'enabled' then null else e.failing_since end,
        version = e.version + 1,
        updated_at = now()
    from judged j
    where e.id = j.id and j.outcome = 'ok'
    returning e.*
)
select j.outcome, (select version from changed) as version, (select notifications.webhook_endpoint_json(c) from changed c) as endpoint
from judged j
