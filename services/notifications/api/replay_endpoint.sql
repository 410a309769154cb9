-- Sends what happened from $3 to $4 again to one endpoint, with the same webhook-id: what it was sent already, and what it
-- was never sent because it was switched off or not there yet. At most $5 events, the oldest first; the time behind the last
-- one when there are more.
with endpoint as materialized (
    select * from notifications.webhook_endpoints where account_id = $1 and id = $2
),
happened as materialized (
    select l.* from endpoint e
    join events.log l on l.account_id = e.account_id
    where l.created_at >= $3::timestamptz and l.created_at < $4::timestamptz and (e.events is null or l.type = any (e.events))
      and e.state = 'enabled'
    order by l.created_at, l.id
    limit $5::int + 1
),
wanted as materialized (
    select h.*, row_number() over (order by h.created_at, h.id) as place from happened h
),
stored as (
    insert into notifications.deliveries as d (
        id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at, share_link_id, reviewer_id,
        state, next_attempt_at, request_id, traceparent)
    select sharelink.new_id('dlv_'), w.id, w.type, w.account_id, 'webhook', 'event', e.id, w.data, w.created_at, w.share_link_id,
           w.reviewer_id, 'pending', now(), w.request_id, w.traceparent
    from wanted w, endpoint e
    where w.place <= $5::int
    order by w.id
    on conflict (event_id, channel, kind, recipient) do update
    set state = 'pending', reason = null, attempts = 0, next_attempt_at = now(), sent_at = null, last_error = null
    where d.state <> 'pending'
    returning 1
)
select e.state, (select count(*) from stored)::int as replayed,
       (select sharelink.rfc3339(w.created_at) from wanted w where w.place = $5::int + 1) as next_from
from endpoint e
