-- What became of mails. A mail that was sent is sent, whoever holds its lease by now; any other outcome counts only while
-- the lease still is the caller's (else: passed). A row that somebody has locked is left alone (busy): its outcome is recorded
-- later, and holds up no other's. outcome: sent, later, refused, uncertain, unproven (as uncertain, but no reason to give up:
-- others end so, too), untried (as later, and no try); delay_ms: before the next try. A plain comparison of the state would allow a plan that reads all that is pending: it is made once (ctl/schema/roles.sql).
-- batch outcomes: delivery_id text, outcome text, error text?, delay_ms bigint
-- in    lease_holder text, attempts_max int
-- out   place int, state: pending | sent | failed | busy | passed
with free as materialized (
    select d.id from notifications.deliveries d
    join :outcomes as o on o.delivery_id = d.id
    where d.state is not distinct from 'pending' and (o.outcome = 'sent' or d.lease_holder = :lease_holder)
    order by d.id
    for no key update of d skip locked
),
recorded as (
    update notifications.deliveries d
    set state = case when o.outcome = 'sent' then 'sent'
                     when o.outcome = 'refused' or d.attempts >= :attempts_max or (o.outcome = 'uncertain' and d.uncertain >= 1) then 'failed'
                     else 'pending' end,
        reason = case when o.outcome = 'sent' then null
                      when o.outcome = 'refused' then 'refused'
                      when o.outcome = 'uncertain' and d.uncertain >= 1 then 'uncertain'
                      when d.attempts >= :attempts_max then 'attempts_exhausted' end,
        last_error = o.error,
        tries = case o.outcome when 'later' then notifications.and_try(d.tries, now(), 'failed', o.error)
                               when 'refused' then notifications.and_try(d.tries, now(), 'refused', o.error)
                               when 'uncertain' then notifications.and_try(d.tries, now(), 'uncertain', o.error)
                               when 'unproven' then notifications.and_try(d.tries, now(), 'uncertain', o.error)
                               else d.tries end,
        sent_at = case when o.outcome = 'sent' then now() end,
        uncertain = d.uncertain + case when o.outcome in ('uncertain', 'unproven') then 1 else 0 end,
        next_attempt_at = now() + o.delay_ms * interval '1 millisecond',
        lease_until = null,
        lease_holder = null
    from :outcomes as o
    where d.id = o.delivery_id and d.id in (select id from free)
    returning o.place, d.state
)
select o.place, coalesce(r.state, case when d.state = 'pending' and (o.outcome = 'sent' or d.lease_holder = :lease_holder)
                                       then 'busy' else 'passed' end) as state
from :outcomes as o
left join recorded r on r.place = o.place
left join lateral (select d.state, d.lease_holder from notifications.deliveries d where d.id = o.delivery_id limit 1) d on true
