-- Settles an event whose plan PostgreSQL rejects: its webhooks have failed, one for each endpoint that wants it, as plan_webhooks.sql
-- would have planned them, and can be sent again like any other.
-- in  event_id text, error text
-- out condemned int
with event as materialized (
    select * from events.log where id = :event_id limit 1
),
taken as (
    insert into notifications.settled (consumer, event_id) select 'webhook', id from event
    on conflict do nothing
),
stored as (
    insert into notifications.deliveries (
        id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at, share_link_id, reviewer_id,
        state, reason, last_error, request_id, traceparent)
    select sharelink.new_id('dlv_'), b.id, b.type, b.account_id, 'webhook', 'event', e.id, b.data, b.created_at, b.share_link_id,
           b.reviewer_id, 'failed', 'not_planned', :error, b.request_id, b.traceparent
    from (select l.*, notifications.external_id_of(l.share_link_id) as external_id from event l) b
    join notifications.webhook_endpoints e
      on e.account_id = b.account_id and e.created_at <= b.created_at and notifications.wants(e, b.type, b.share_link_id, b.external_id)
    order by e.id
    on conflict do nothing
    returning 1
)
select count(*)::int as condemned from stored
