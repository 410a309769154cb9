-- Settles an event whose plan PostgreSQL rejects: the mail that it asks for has failed, and can be sent again like any other. To
-- whom it goes is looked up now and whenever it is sent again; whether it may go out is judged when it is claimed.
-- in  event_id text, error text
-- out condemned int
with event as materialized (
    select * from events.log where id = :event_id limit 1
),
taken as (
    insert into notifications.settled (consumer, event_id) select 'email', id from event
    on conflict do nothing
),
stored as (
    insert into notifications.deliveries (
        id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at, share_link_id, reviewer_id,
        state, reason, last_error, request_id, traceparent)
    select 'dlv_' || substr(e.id, 5), e.id, e.type, e.account_id, 'email', k.kind,
           notifications.mail_recipient(k.kind, e.share_link_id, e.reviewer_id), e.data, e.created_at, e.share_link_id, e.reviewer_id,
           'failed', 'not_planned', :error, e.request_id, e.traceparent
    from event e
    cross join lateral (select notifications.mail_kind(e.type, e.data) as kind offset 0) k
    where k.kind is not null
    on conflict do nothing
    returning 1
)
select count(*)::int as condemned from stored
