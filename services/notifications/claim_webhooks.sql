-- Leases up to $1 deliveries that are due, at most $6 of one endpoint, and tells all that posting them needs. $4 are those
-- that the caller still holds, $5 their endpoints, one for each: an endpoint gets more when half of its share is free. So one
-- slow answer does not hold up the rest of its endpoint, nor a dead endpoint the others.
-- What became pointless (its endpoint was switched off or removed) is skipped with the reason.
with busy as materialized (
    select id, count(*)::int as held from unnest($5::text[]) as b (id) group by id
),
waiting as materialized (
    select id, recipient, next_attempt_at from notifications.deliveries
    where channel = 'webhook' and state = 'pending' and next_attempt_at <= now() and (lease_until is null or lease_until < now())
      and id <> all ($4::text[]) and recipient <> all (array(select b.id from busy b where 2 * b.held > $6::int))
    order by next_attempt_at
    limit 2000
),
ranked as materialized (
    select w.id, row_number() over (partition by w.recipient order by w.next_attempt_at) + coalesce(b.held, 0) as place
    from waiting w
    left join busy b on b.id = w.recipient
),
due as materialized (
    select d.id from notifications.deliveries d
    join ranked r on r.id = d.id
    where r.place <= $6::int and d.state = 'pending' and (d.lease_until is null or d.lease_until < now())
    order by d.next_attempt_at
    limit $1::int
    for update of d skip locked
),
judged as materialized (
    select due.id, case when e.id is null then 'endpoint_deleted' when e.state = 'disabled' then 'endpoint_disabled' end as reason
    from due
    join notifications.deliveries d on d.id = due.id
    left join notifications.webhook_endpoints e on e.id = d.recipient
),
claimed as (
    update notifications.deliveries d
    set state = case when j.reason is null then 'pending' else 'skipped' end,
        reason = j.reason,
        attempts = d.attempts + case when j.reason is null then 1 else 0 end,
        lease_until = case when j.reason is null then now() + $2::int * interval '1 second' end,
        lease_holder = case when j.reason is null then $3 end
    from judged j
    where d.id = j.id
    returning d.*
)
select coalesce(json_agg(json_build_object(
           'delivery_id', k.id,
           'event_id', k.event_id,
           'kind', k.kind,
           'attempts', k.attempts,
           'endpoint_id', e.id,
           'url', e.url,
           'secret', encode(e.secret, 'hex'),
           'previous_secret', case when e.previous_until > now() then encode(e.previous_secret, 'hex') end,
           'body', json_build_object('type', k.event_type, 'timestamp', sharelink.rfc3339(k.happened_at), 'data', k.event_data)::text,
           'request_id', k.request_id,
           'traceparent', k.traceparent)) filter (where k.state = 'pending'), '[]') as webhooks,
       count(*)::int as claimed
from claimed k
left join notifications.webhook_endpoints e on e.id = k.recipient
