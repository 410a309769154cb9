-- Settles events for the group webhook: each becomes a delivery for every endpoint of its account that wants it, also for one
-- that is switched off (skipped, with the reason). An event from before the endpoint was made is none of its business.
-- Changes of a review are gathered, for each endpoint: the first waits settle_s, and whatever comes meanwhile takes its place and its
-- time; those before are skipped and name it. What somebody has in hand, or has tried, stays. So the last state is told, once.
-- Leases nothing: whoever planned claims at once, which keeps an endpoint's share. So the commit need not wait for the disk: the
-- claim's does, and nothing is sent before it; a plan that PostgreSQL lost is made anew by the sweep. Rows are stored in the order in
-- which replay_endpoint.sql does (docs/architecture.md, "In which order rows are locked").
-- in  event_ids text[], settle_s int
-- out stored int, unknown json, synchronous_commit text
with batch as materialized (
    select l.* from events.log l where l.id = any (:event_ids)
),
taken as (
    insert into notifications.settled (consumer, event_id)
    select 'webhook', id from batch order by id
    on conflict do nothing
    returning event_id
),
named as materialized (
    select l.share_link_id, notifications.external_id_of(l.share_link_id) as external_id
    from (select distinct b.share_link_id from batch b
          where exists (select from notifications.webhook_endpoints e where e.account_id = b.account_id and e.external_ids is not null)) l
),
planned as materialized (
    select b as event, b.id as event_id, e.id as endpoint_id, e.state, sharelink.new_id('dlv_') as delivery_id, b.reviewer_id,
           case when b.type = 'review.updated' and e.state = 'enabled' and :settle_s > 0 then b.data ->> 'review_id' end as review_id
    from batch b
    join taken t on t.event_id = b.id
    left join named n on n.share_link_id = b.share_link_id
    join notifications.webhook_endpoints e
      on e.account_id = b.account_id and e.created_at <= b.created_at and notifications.wants(e, b.type, b.share_link_id, n.external_id)
),
gathering as materialized (
    select d.id, d.recipient as endpoint_id, d.event_id, d.event_data ->> 'review_id' as review_id, d.next_attempt_at
    from (select distinct p.endpoint_id, p.reviewer_id from planned p where p.review_id is not null) w
    join notifications.deliveries d on d.recipient = w.endpoint_id and d.reviewer_id = w.reviewer_id
    where d.channel = 'webhook' and d.state = 'pending' and d.gathers and d.attempts = 0 and d.lease_until is null
    order by d.id
    for no key update of d skip locked
),
last as materialized (
    select distinct on (c.endpoint_id, c.review_id) c.endpoint_id, c.review_id, c.delivery_id,
           min(c.due_at) over (partition by c.endpoint_id, c.review_id) as due_at
    from (select p.endpoint_id, p.review_id, p.event_id, p.delivery_id, now() + :settle_s * interval '1 second' as due_at
          from planned p where p.review_id is not null
          union all
          select g.endpoint_id, g.review_id, g.event_id, g.id, g.next_attempt_at from gathering g) c
    order by c.endpoint_id, c.review_id, c.event_id desc
),
replaced as (
    update notifications.deliveries d
    set state = 'skipped', reason = 'gathered', gathered_into = l.delivery_id, next_attempt_at = null
    from gathering g
    join last l on l.endpoint_id = g.endpoint_id and l.review_id = g.review_id
    where d.id = g.id and l.delivery_id <> g.id
),
stored as (
    insert into notifications.deliveries (
        id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at, share_link_id, reviewer_id,
        state, reason, next_attempt_at, request_id, traceparent, gathers, gathered_into)
    select p.delivery_id, (p.event).id, (p.event).type, (p.event).account_id, 'webhook', 'event', p.endpoint_id,
           (p.event).data, (p.event).created_at, (p.event).share_link_id, (p.event).reviewer_id,
           case when s.reason is null then 'pending' else 'skipped' end, s.reason,
           case when s.reason is null then coalesce(l.due_at, now()) end,
           (p.event).request_id, (p.event).traceparent, l.delivery_id is not null and s.reason is null,
           case when s.reason = 'gathered' then l.delivery_id end
    from planned p
    left join last l on l.endpoint_id = p.endpoint_id and l.review_id = p.review_id
    cross join lateral (select case when p.state = 'disabled' then 'endpoint_disabled'
                                    when l.delivery_id <> p.delivery_id then 'gathered' end as reason) s
    order by p.event_id, p.endpoint_id
    on conflict do nothing
    returning state, gathers
)
select (select count(*) from stored where state = 'pending' and not gathers)::int as stored,
       (select coalesce(json_agg(u.id), '[]') from unnest(:event_ids) as u (id) where not exists (select from batch b where b.id = u.id)) as unknown,
       set_config('synchronous_commit', 'off', true) as synchronous_commit
