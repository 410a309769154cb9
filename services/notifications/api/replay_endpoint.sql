-- Sends what happened in a time again to one endpoint, with the same webhook-id: what it was sent already, and what it was never
-- sent because it was switched off or not there yet. At most events_max events, the oldest first; next_from is the time behind the
-- last one when there are more. What it was sent already is locked in the order of ids (docs/architecture.md, "In which order rows are locked").
-- lane heavy
-- in  account_id text, endpoint_id text, from timestamptz, to timestamptz, events_max int
-- out outcome: enabled | disabled | no row: not_found, replayed int, next_from text?
with endpoint as materialized (
    select e.*, e as whole from notifications.webhook_endpoints e where account_id = :account_id and id = :endpoint_id
),
happened as materialized (
    select l.* from endpoint e
    join events.log l on l.account_id = e.account_id
    where e.share_link_ids is null and e.external_ids is null
      and l.created_at >= :from and l.created_at < :to and e.state = 'enabled' and (e.events is null or l.type = any (e.events))
    order by l.created_at, l.id
    limit :events_max + 1
),
of_chosen as materialized (
    select l.* from endpoint e
    cross join lateral notifications.chosen_links(e.whole) c (share_link_id)
    join events.log l on l.share_link_id = c.share_link_id and l.account_id = e.account_id
    where l.created_at >= :from and l.created_at < :to and e.state = 'enabled' and (e.events is null or l.type = any (e.events))
    order by l.created_at, l.id
    limit :events_max + 1
),
wanted as materialized (
    select h.*, row_number() over (order by h.created_at, h.id) as place
    from (select * from happened union all select * from of_chosen) h
),
locked as materialized (
    select d.id
    from wanted w
    join endpoint e on true
    join notifications.deliveries d on d.event_id = w.id and d.channel = 'webhook' and d.kind = 'event' and d.recipient = e.id
    where w.place <= :events_max
    order by d.id
    for no key update of d
),
stored as (
    insert into notifications.deliveries as d (
        id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at, share_link_id, reviewer_id,
        state, next_attempt_at, request_id, traceparent)
    select sharelink.new_id('dlv_'), w.id, w.type, w.account_id, 'webhook', 'event', e.id, w.data, w.created_at, w.share_link_id,
           w.reviewer_id, 'pending', now(), w.request_id, w.traceparent
    from wanted w, endpoint e, (select count(*) as many from locked) l
    where w.place <= :events_max and sharelink.after(l.many)
    order by w.id
    on conflict (event_id, channel, kind, recipient) do update
    set state = 'pending', reason = null, attempts = 0, next_attempt_at = now(), sent_at = null, last_error = null, tries = notifications.tries_of(d)
    where d.state <> 'pending'
    returning 1
)
select e.state as outcome, (select count(*) from stored)::int as replayed,
       (select sharelink.rfc3339(w.created_at) from wanted w where w.place = :events_max + 1) as next_from
from endpoint e
