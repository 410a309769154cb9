-- A delivery to this endpoint alone, of an event that nobody else hears of and that is in no log.
-- in  account_id text, endpoint_id text, event_id text, request_id text, traceparent text?
-- out outcome: enabled | disabled | no row: not_found, delivery json?
with endpoint as materialized (
    select * from notifications.webhook_endpoints where account_id = :account_id and id = :endpoint_id
),
stored as (
    insert into notifications.deliveries as d (
        id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at, state, next_attempt_at, request_id, traceparent)
    select sharelink.new_id('dlv_'), :event_id, 'webhook.test', e.account_id, 'webhook', 'test', e.id,
           jsonb_build_object('webhook_endpoint_id', e.id), now(), 'pending', now(), :request_id, :traceparent
    from endpoint e
    where e.state = 'enabled'
    returning d
)
select e.state as outcome, (select notifications.delivery_json(s.d) from stored s) as delivery from endpoint e
