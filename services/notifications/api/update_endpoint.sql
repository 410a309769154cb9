-- Changes a webhook endpoint. What is null stays as it is, but for events (with has_events null means all) and description (with
-- has_description null means none). Switching on forgives what failed.
-- in  account_id text, endpoint_id text, tags text?, url text?, events text[]?, has_events bool, description text?,
--     has_description bool, state text?
-- out outcome: ok | version_mismatch | no row: not_found, version int?, endpoint json?
with endpoint as materialized (
    select e.* from notifications.webhook_endpoints e where e.account_id = :account_id and e.id = :endpoint_id for update
),
judged as materialized (
    select id, case when sharelink.is_other('v' || version, :tags) then 'version_mismatch' else 'ok' end as outcome from endpoint
),
changed as (
    update notifications.webhook_endpoints e
    set url = coalesce(:url, e.url),
        events = case when :has_events then :events else e.events end,
        description = case when :has_description then :description else e.description end,
        state = coalesce(:state, e.state),
        state_reason = case :state when 'enabled' then null when 'disabled' then coalesce(e.state_reason, 'manual') else e.state_reason end,
        failing_since = case when :state = 'enabled' then null else e.failing_since end,
        version = e.version + 1,
        updated_at = now()
    from judged j
    where e.id = j.id and j.outcome = 'ok'
    returning e.*
)
select j.outcome, (select version from changed) as version, (select notifications.webhook_endpoint_json(c) from changed c) as endpoint
from judged j
