-- What became of webhooks, and of their endpoints. outcome: sent, later, gone; delay_ms: before the next try, below 0 when it was
-- the last; disable_after_s: of failure, after which an endpoint is switched off. One that was sent is sent, whoever holds the
-- lease by now; any other outcome counts only while the lease still is the caller's (else: passed). A delivery that somebody has
-- locked, or whose endpoint is to change and is locked, is left alone (busy): it is recorded later, and holds up no other.
-- batch outcomes: delivery_id text, outcome text, error text?, delay_ms bigint
-- in    lease_holder text, disable_after_s bigint
-- out   place int, state: pending | sent | failed | busy | passed, told bigint
with free as materialized (
    select d.id, d.recipient, d.kind, o.outcome from notifications.deliveries d
    join :outcomes as o on o.delivery_id = d.id
    where d.state is not distinct from 'pending' and (o.outcome = 'sent' or d.lease_holder = :lease_holder)
    order by d.id
    for no key update of d skip locked
),
heard as materialized (
    select recipient, bool_or(outcome = 'sent') as sent, bool_or(outcome = 'gone') as gone
    from free
    where kind <> 'test' or outcome <> 'later' -- a test that fails is no failure of the endpoint's
    group by recipient
),
to_change as materialized (
    select e.id from notifications.webhook_endpoints e
    join heard h on h.recipient = e.id
    where e.state = 'enabled'
      and (h.gone or (h.sent and e.failing_since is not null)
           or (not h.sent and (e.failing_since is null or e.failing_since <= now() - :disable_after_s * interval '1 second')))
),
judged as materialized (
    select e.id, h.sent, case when h.gone then 'gone'
                              when not h.sent and e.failing_since <= now() - :disable_after_s * interval '1 second' then 'failing' end as state_reason
    from notifications.webhook_endpoints e
    join heard h on h.recipient = e.id
    where e.id in (select id from to_change) and e.state = 'enabled'
    order by e.id
    for no key update of e skip locked
),
recorded as (
    update notifications.deliveries d
    set state = case when o.outcome = 'sent' then 'sent' when o.outcome = 'gone' or o.delay_ms < 0 then 'failed' else 'pending' end,
        reason = case when o.outcome = 'sent' then null when o.outcome = 'gone' then 'endpoint_gone'
                      when o.delay_ms < 0 then 'attempts_exhausted' end,
        last_error = o.error,
        tries = case o.outcome when 'later' then notifications.and_try(d.tries, now(), 'failed', o.error)
                               when 'gone' then notifications.and_try(d.tries, now(), 'refused', o.error)
                               else d.tries end,
        sent_at = case when o.outcome = 'sent' then now() end,
        next_attempt_at = now() + o.delay_ms * interval '1 millisecond',
        lease_until = null,
        lease_holder = null
    from :outcomes as o
    join free f on f.id = o.delivery_id
    where d.id = o.delivery_id
      and not (f.recipient in (select id from to_change) and f.recipient not in (select id from judged))
    returning o.place, d.state
),
changed as (
    update notifications.webhook_endpoints e
    set failing_since = case when j.sent and j.state_reason is null then null else coalesce(e.failing_since, now()) end,
        state = case when j.state_reason is null then e.state else 'disabled' end,
        state_reason = j.state_reason,
        version = e.version + case when j.state_reason is null then 0 else 1 end,
        updated_at = case when j.state_reason is null then e.updated_at else now() end
    from judged j
    where e.id = j.id and e.state = 'enabled'
    returning e.*
),
told as materialized (
    select notifications.tell_webhook_disabled(
               c.account_id, c.id, substring(c.url from '^[a-zA-Z]+://([^/?#]+)'), c.state_reason)
    from changed c
    where c.state = 'disabled'
)
select o.place, coalesce(r.state, case when d.state = 'pending' and (o.outcome = 'sent' or d.lease_holder = :lease_holder)
                                       then 'busy' else 'passed' end) as state,
       (select count(*) from told) as told
from :outcomes as o
left join recorded r on r.place = o.place
left join lateral (select d.state, d.lease_holder from notifications.deliveries d where d.id = o.delivery_id limit 1) d on true
