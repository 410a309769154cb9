-- Removes a webhook endpoint; what was on its way to it is skipped: some at once, the rest when it becomes due, and what somebody has
-- in hand at this moment, too: deliveries are locked before endpoints (docs/architecture.md, "In which order rows are locked").
-- in  account_id text, endpoint_id text, tags text?
-- out outcome: ok | version_mismatch | no row: not_found
with endpoint as materialized (
    select id, case when sharelink.is_other('v' || version, :tags) then 'version_mismatch' else 'ok' end as outcome
    from notifications.webhook_endpoints where account_id = :account_id and id = :endpoint_id for update
),
removed as (
    delete from notifications.webhook_endpoints e using endpoint w where e.id = w.id and w.outcome = 'ok' returning e.id
),
skipped as (
    update notifications.deliveries d
    set state = 'skipped', reason = 'endpoint_deleted', next_attempt_at = null, lease_until = null, lease_holder = null
    where d.id in (select p.id from removed r
                   join notifications.deliveries p on p.channel = 'webhook' and p.state = 'pending' and p.recipient = r.id
                   order by p.id
                   limit 1000
                   for no key update of p skip locked)
)
select outcome from endpoint
