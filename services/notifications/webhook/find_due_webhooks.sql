-- Webhooks that are due and in nobody's hands, some of each endpoint that the caller posts nothing to right now: for who looks for
-- the one that no claim can take. Locks nothing, so that no webhook alone can make it fail. Endpoints are found as in
-- claim_webhooks.sql.
-- in  held_ids text[], held_endpoint_ids text[], endpoint_most int, behind_id text, most int
-- out delivery_id text
with recursive endpoints (endpoint_id, step) as (
    select (select d.recipient from notifications.deliveries d
            where d.channel = 'webhook' and d.state = 'pending' and d.recipient > :behind_id order by d.recipient limit 1), 1
    union all
    select (select d.recipient from notifications.deliveries d
            where d.channel = 'webhook' and d.state = 'pending' and d.recipient > r.endpoint_id order by d.recipient limit 1), r.step + 1
    from endpoints r
    where r.endpoint_id is not null and r.step < 500
)
select w.id as delivery_id
from endpoints r
cross join lateral (
    select d.id, d.next_attempt_at from notifications.deliveries d
    where d.channel = 'webhook' and d.state = 'pending' and d.recipient = r.endpoint_id and d.next_attempt_at <= now()
      and (d.lease_until is null or d.lease_until < now()) and d.id <> all (:held_ids)
    order by d.next_attempt_at
    limit :endpoint_most
) w
where r.endpoint_id <> all (:held_endpoint_ids)
order by w.next_attempt_at
limit :most
