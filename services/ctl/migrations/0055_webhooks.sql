-- Webhook endpoints, and what the feed of events needs.

-- Where a platform service wants to be told of events. Its secrets are sealed by the keyring, bound to the endpoint's id.
create table notifications.webhook_endpoints (
    id              text        primary key collate "C",
    account_id      text        not null collate "C",
    url             text        not null,
    -- Short names; null means all.
    events          text[]      collate "C",
    description     text,
    state           text        not null default 'enabled' check (state in ('enabled', 'disabled')),
    -- Why it is disabled: manual, gone (it answered 410) or failing (for too long).
    state_reason    text,
    secret          bytea       not null,
    previous_secret bytea,
    previous_until  timestamptz,
    -- The first failure since the last success.
    failing_since   timestamptz,
    version         int         not null default 1,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now()
);
create index webhook_endpoints_by_account on notifications.webhook_endpoints (account_id, created_at, id);

create function notifications.webhook_endpoint_json(endpoint notifications.webhook_endpoints) returns json
language sql stable as $$
    select json_build_object(
        'id', endpoint.id,
        'url', endpoint.url,
        'events', case when endpoint.events is null then to_json('all'::text) else to_json(endpoint.events) end,
        'description', endpoint.description,
        'state', endpoint.state,
        'state_reason', endpoint.state_reason,
        'failing_since', sharelink.rfc3339(endpoint.failing_since),
        'previous_secret_until', case when endpoint.previous_until > now() then sharelink.rfc3339(endpoint.previous_until) end,
        'version', endpoint.version,
        'created_at', sharelink.rfc3339(endpoint.created_at),
        'updated_at', sharelink.rfc3339(endpoint.updated_at))
$$;

-- An event as GET /v1/events, the feed and nobody else shows it.
create function notifications.event_json(event events.log) returns json
language sql stable as $$
    select json_strip_nulls(json_build_object(
        'id', event.id,
        'type', event.type,
        'created_at', sharelink.rfc3339(event.created_at),
        'share_link_id', event.share_link_id,
        'reviewer_id', event.reviewer_id,
        'data', event.data,
        'request_id', event.request_id))
$$;

-- A delivery as GET /v1/deliveries shows it. A digest or a warning is of no event.
create function notifications.delivery_json(delivery notifications.deliveries) returns json
language sql stable as $$
    select json_build_object(
        'id', delivery.id,
        'event_id', case when delivery.event_id like 'evt\_%' then delivery.event_id end,
        'event_type', delivery.event_type,
        'channel', delivery.channel,
        'kind', delivery.kind,
        'webhook_endpoint_id', case delivery.channel when 'webhook' then delivery.recipient end,
        'share_link_id', delivery.share_link_id,
        'reviewer_id', delivery.reviewer_id,
        'state', delivery.state,
        'reason', delivery.reason,
        'attempts', delivery.attempts,
        'last_error', delivery.last_error,
        'created_at', sharelink.rfc3339(delivery.created_at),
        'sent_at', sharelink.rfc3339(delivery.sent_at),
        'next_attempt_at', case delivery.state when 'pending' then sharelink.rfc3339(delivery.next_attempt_at) end)
$$;

create index deliveries_by_account on notifications.deliveries (account_id, id);
create index deliveries_by_endpoint on notifications.deliveries (recipient, state) where channel = 'webhook';

-- The group's sweep begins with what happens from now on: nobody could listen before.
insert into notifications.cursors select 'webhook', pg_snapshot_xmin(pg_current_snapshot()), '';

-- Which transactions were over when an event was written: whoever has got an event has got all of before its horizon.
alter table events.log add column horizon xid8;
alter table events.log alter column horizon set default pg_snapshot_xmin(pg_current_snapshot());
create index log_by_account_commit on events.log (account_id, xid, id);

grant select, insert, update, delete on notifications.webhook_endpoints to sharelink_notifications;
