-- Leases up to room deliveries that are due, and tells all that posting them needs: at most endpoint_most of one endpoint,
-- account_most of one account. The held ones are those that the caller still holds and those that make a claim fail, with the
-- endpoints and accounts of the former, one for each: an endpoint gets more when half of its share is free. So one slow answer does not hold up the rest of its endpoint, nor a
-- dead endpoint the others, however much waits for it: each endpoint's first rows are found by its id, from behind behind_id on,
-- some hundreds a time.
-- only_ids: when there are any, no other webhooks are claimed. What became pointless (its endpoint was switched off or removed) is skipped with the reason.
-- in  room int, lease_s int, lease_holder text, held_ids text[], held_endpoint_ids text[], endpoint_most int,
--     behind_id text, held_account_ids text[], account_most int, only_ids text[]
-- out webhooks json, claimed int, go_on_behind text?
with recursive busy as materialized (
    select id, count(*)::int as held from unnest(:held_endpoint_ids) as b (id) group by id
),
busy_accounts as materialized (
    select id, count(*)::int as held from unnest(:held_account_ids) as b (id) group by id
),
endpoints (endpoint_id, step) as (
    select (select d.recipient from notifications.deliveries d
            where d.channel = 'webhook' and d.state = 'pending' and d.recipient > :behind_id order by d.recipient limit 1), 1
    union all
    select (select d.recipient from notifications.deliveries d
            where d.channel = 'webhook' and d.state = 'pending' and d.recipient > r.endpoint_id order by d.recipient limit 1), r.step + 1
    from endpoints r
    where r.endpoint_id is not null and r.step < 500
),
waiting as materialized (
    select w.id, w.next_attempt_at, row_number() over (partition by w.account_id order by w.next_attempt_at) + coalesce(a.held, 0) as place
    from endpoints r
    left join busy b on b.id = r.endpoint_id
    cross join lateral (
        select d.id, d.account_id, d.next_attempt_at from notifications.deliveries d
        where d.channel = 'webhook' and d.state = 'pending' and d.recipient = r.endpoint_id and d.next_attempt_at <= now()
          and (d.lease_until is null or d.lease_until < now()) and d.id <> all (:held_ids)
          and (cardinality(:only_ids) = 0 or d.id = any (:only_ids))
        order by d.next_attempt_at
        limit :endpoint_most - coalesce(b.held, 0)
    ) w
    left join busy_accounts a on a.id = w.account_id
    where 2 * coalesce(b.held, 0) <= :endpoint_most
),
due as materialized (
    select d.id from notifications.deliveries d
    join waiting w on w.id = d.id
    where w.place <= :account_most and d.state is not distinct from 'pending' and (d.lease_until is null or d.lease_until < now())
    order by w.next_attempt_at
    limit :room
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
        lease_until = case when j.reason is null then now() + :lease_s * interval '1 second' end,
        lease_holder = case when j.reason is null then :lease_holder end
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
           'account_id', e.account_id,
           'url', e.url,
           'secret', encode(e.secret, 'hex'),
           'previous_secrets', (select json_agg(encode(p.secret, 'hex') order by p.until desc)
                                from unnest(e.previous_secrets, e.previous_untils) as p (secret, until) where p.until > now()),
           'body', json_build_object('type', k.event_type, 'timestamp', sharelink.rfc3339(k.happened_at), 'data', k.event_data)::text,
           'request_id', k.request_id,
           'traceparent', k.traceparent)) filter (where k.state = 'pending'), '[]') as webhooks,
       count(*)::int as claimed,
       (select max(r.endpoint_id) from endpoints r having count(r.endpoint_id) = 500) as go_on_behind
from claimed k
left join notifications.webhook_endpoints e on e.id = k.recipient
