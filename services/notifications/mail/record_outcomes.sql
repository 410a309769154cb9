-- What became of mails. A mail that was sent is sent, whoever holds its lease by now; any other outcome counts only while
-- the lease still is the caller's. $3 outcome: sent, later, refused, uncertain; $5 milliseconds to wait before the next try.
with recorded as materialized (
    select t.place::int, notifications.record_outcome(t.id, t.holder, t.outcome, t.error, t.delay_ms::bigint, t.attempts_max::int) as state
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) with ordinality
             as t (id, holder, outcome, error, delay_ms, attempts_max, place)
)
select place, state from recorded where state is not null
