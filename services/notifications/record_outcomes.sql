-- What became of mails. A mail that was sent is sent, whoever holds its lease by now; any other outcome counts only while
-- the lease still is the caller's. $3 outcome: sent, later, refused, uncertain; $5 milliseconds to wait before the next try.
with outcomes as (
    select t.place::int, t.id, t.holder, t.outcome, t.error, t.delay_ms::bigint, t.attempts_max::int
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) with ordinality
             as t (id, holder, outcome, error, delay_ms, attempts_max, place)
),
recorded as (
    update notifications.deliveries d
    set state = case when o.outcome = 'sent' then 'sent'
                     when o.outcome = 'refused' or d.attempts >= o.attempts_max or (o.outcome = 'uncertain' and d.uncertain >= 1)
                         then 'failed'
                     else 'pending' end,
        reason = case when o.outcome = 'sent' then null
                      when o.outcome = 'refused' then 'refused'
                      when o.outcome = 'uncertain' and d.uncertain >= 1 then 'uncertain'
                      when d.attempts >= o.attempts_max then 'attempts_exhausted' end,
        last_error = o.error,
        sent_at = case when o.outcome = 'sent' then now() end,
        uncertain = d.uncertain + case when o.outcome = 'uncertain' then 1 else 0 end,
        next_attempt_at = now() + o.delay_ms * interval '1 millisecond',
        lease_until = null,
        lease_holder = null
    from outcomes o
    where d.id = o.id and d.state = 'pending' and (o.outcome = 'sent' or d.lease_holder = o.holder)
    returning o.place, d.state
)
select place, state from recorded
