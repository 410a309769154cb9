-- What became of mails. A mail that was sent is sent, whoever holds its lease by now; any other outcome counts only while
-- the lease still is the caller's. outcome: sent, later, refused, uncertain; delay_ms: before the next try. A plain comparison of
-- the state would allow a plan that reads all that is pending: it is made once (ctl/schema/roles.sql).
-- Rows are locked in the order of their ids (docs/architecture.md, "In which order rows are locked").
-- batch outcomes: delivery_id text, outcome text, error text?, delay_ms bigint
-- in    lease_holder text, attempts_max int
-- out   place int, state: pending | sent | failed
with locked as materialized (
    select id from notifications.deliveries
    where id = any (array(select delivery_id from :outcomes as o))
    order by id
    for no key update
)
update notifications.deliveries d
set state = case when o.outcome = 'sent' then 'sent'
                 when o.outcome = 'refused' or d.attempts >= :attempts_max or (o.outcome = 'uncertain' and d.uncertain >= 1) then 'failed'
                 else 'pending' end,
    reason = case when o.outcome = 'sent' then null
                  when o.outcome = 'refused' then 'refused'
                  when o.outcome = 'uncertain' and d.uncertain >= 1 then 'uncertain'
                  when d.attempts >= :attempts_max then 'attempts_exhausted' end,
    last_error = o.error,
    sent_at = case when o.outcome = 'sent' then now() end,
    uncertain = d.uncertain + case when o.outcome = 'uncertain' then 1 else 0 end,
    next_attempt_at = now() + o.delay_ms * interval '1 millisecond',
    lease_until = null,
    lease_holder = null
from :outcomes as o
join locked on locked.id = o.delivery_id
where d.id = o.delivery_id and d.state is not distinct from 'pending' and (o.outcome = 'sent' or d.lease_holder = :lease_holder)
returning o.place, d.state
