-- Settles events for the group webhook: each becomes a delivery for every endpoint of its account that wants it, also for one
-- that is switched off (skipped, with the reason). An event from before the endpoint was made is none of its business.
-- Leases nothing: whoever planned claims at once, which keeps an endpoint's share. So the commit need not wait for the disk: the
-- claim's does, and nothing is sent before it; a plan that PostgreSQL lost is made anew by the sweep. Rows are stored in the order in
-- which replay_endpoint.sql does (docs/architecture.md, "In which order rows are locked").
-- in  event_ids text[]
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
planned as materialized (
    select b as event, b.id as event_id, e.id as endpoint_id, e.state
    from batch b
    join taken t on t.event_id = b.id
    join notifications.webhook_endpoints e
      on e.account_id = b.account_id and (e.events is null or b.type = any (e.events)) and e.created_at <= b.created_at
),
stored as (
    insert into notifications.deliveries (
        id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at, share_link_id, reviewer_id,
        state, reason, next_attempt_at, request_id, traceparent)
    select sharelink.new_id('dlv_'), (p.event).id, (p.event).type, (p.event).account_id, 'webhook', 'event', p.endpoint_id,
           (p.event).data, (p.event).created_at, (p.event).share_link_id, (p.event).reviewer_id,
           case p.state when 'enabled' then 'pending' else 'skipped' end,
           case p.state when 'disabled' then 'endpoint_disabled' end,
           case p.state when 'enabled' then now() end,
           (p.event).request_id, (p.event).traceparent
    from planned p
    order by p.event_id, p.endpoint_id
    on conflict do nothing
    returning state
)
select (select count(*) from stored where state = 'pending')::int as stored,
       (select coalesce(json_agg(u.id), '[]') from unnest(:event_ids) as u (id) where not exists (select from batch b where b.id = u.id)) as unknown,
       set_config('synchronous_commit', 'off', true) as synchronous_commit
