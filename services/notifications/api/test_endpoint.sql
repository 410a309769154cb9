-- A delivery to this endpoint alone, of an event that nobody else hears of and that is in no log.
with endpoint as materialized (
    select * from notifications.webhook_endpoints where account_id = $1 and id = $2
),
stored as (
    insert into notifications.deliveries as d (
        id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at, state, next_attempt_at, request_id, traceparent)
    select sharelink.new_id('dlv_'), $3, 'webhook.test', e.account_id, 'webhook', 'test', e.id,
           jsonb_build_object('webhook_endpoint_id', e.id), now(), 'pending', now(), $4, $5
    from endpoint e
    where e.state = 'enabled'
    returning d
)
select e.state, (select notifications.delivery_json(s.d) from stored s) as delivery from endpoint e
