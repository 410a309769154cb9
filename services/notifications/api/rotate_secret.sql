-- Gives a webhook endpoint a new secret. The one before signs for grace_s more, and those of earlier rotations to the end that each
-- was promised; grace_s 0 ends them all at once. None is given when more than secrets_max would live: next_end is when one less does.
-- in  account_id text, endpoint_id text, tags text?, secret bytea, grace_s int, secrets_max int
-- out outcome: ok | version_mismatch | too_many | no row: not_found, version int?, endpoint json?, next_end text?
with endpoint as materialized (
    select * from notifications.webhook_endpoints e where e.account_id = :account_id and e.id = :endpoint_id for update
),
previous as materialized (
    select p.secret, p.until
    from endpoint e cross join lateral unnest(e.previous_secrets, e.previous_untils) as p (secret, until)
    where p.until > now() and :grace_s > 0
    union all
    select e.secret, now() + :grace_s * interval '1 second' from endpoint e where :grace_s > 0
),
judged as materialized (
    select e.id, case when sharelink.is_other('v' || e.version, :tags) then 'version_mismatch'
                      when (select count(*) from previous) >= :secrets_max then 'too_many'
                      else 'ok' end as outcome
    from endpoint e
),
rotated as (
    update notifications.webhook_endpoints e
    set secret = :secret,
        previous_secrets = array(select p.secret from previous p order by p.until desc),
        previous_untils = array(select p.until from previous p order by p.until desc),
        version = e.version + 1,
        updated_at = now()
    from judged j
    where e.id = j.id and j.outcome = 'ok'
    returning e.*
)
select j.outcome, (select version from rotated) as version, (select notifications.webhook_endpoint_json(r) from rotated r) as endpoint,
       (select sharelink.rfc3339(min(p.until)) from previous p) as next_end
from judged j
