-- Changes a webhook endpoint. What is null stays as it is, but for what comes with a has_…: there null means all, and of the
-- description none. Switching on forgives what failed. is_sound false asks for the check of its links alone.
-- in  account_id text, endpoint_id text, tags text?, url text?, events text[]?, has_events bool, share_link_ids text[]?,
--     has_share_link_ids bool, external_ids text[]?, has_external_ids bool, description text?, has_description bool, state text?,
--     is_sound bool
-- out outcome: ok | faulty | version_mismatch | no row: not_found, version int?, endpoint json?, missing json?
with endpoint as materialized (
    select e.* from notifications.webhook_endpoints e where e.account_id = :account_id and e.id = :endpoint_id for update
),
missing as materialized (
    select m as place from endpoint e cross join lateral notifications.missing_links(:account_id, :share_link_ids, e.share_link_ids) m
),
judged as materialized (
    select id, case when not :is_sound then 'faulty'
                    when sharelink.is_other('v' || version, :tags) then 'version_mismatch'
                    when exists (select from missing) then 'faulty'
                    else 'ok' end as outcome
    from endpoint
),
changed as (
    update notifications.webhook_endpoints e
    set url = coalesce(:url, e.url),
        events = case when :has_events then :events else e.events end,
        share_link_ids = case when :has_share_link_ids then :share_link_ids else e.share_link_ids end,
        external_ids = case when :has_external_ids then :external_ids else e.external_ids end,
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
select j.outcome, (select version from changed) as version, (select notifications.webhook_endpoint_json(c) from changed c) as endpoint,
       (select json_agg(m.place order by m.place) from missing m) as missing
from judged j
