-- The JSON that the notifications service answers with, made in one place; and a person's preferences as they are now. Bodies of
-- functions that take rows are text, as links/schema/functions.sql has it.

-- As the API shows them; the defaults where there is no row.
create or replace function notifications.preferences_json(email text, preferences notifications.preferences) returns json
language sql stable as $$
    select json_build_object(
        'email', email,
        'opens', coalesce(preferences.opens, 'every'),
        'reviews', coalesce(preferences.reviews, 'every'),
        'digest', coalesce(preferences.digest, 'off'),
        'muted_share_link_ids', (
            select coalesce(json_agg(m.id order by m.place), '[]')
            from unnest(preferences.muted_share_link_ids) with ordinality as m (id, place)
            where exists (select from links.mail_links l where l.share_link_id = m.id and l.account_id = preferences.account_id)),
        'version', coalesce(preferences.version, 0),
        'updated_at', sharelink.rfc3339(preferences.updated_at))
$$;

-- Volatile, so that a statement which had to wait for its turn sees what was committed meanwhile.
create or replace function notifications.preferences_now(of_account_id text, of_address text) returns setof notifications.preferences
language sql volatile rows 1 as $$
    select * from notifications.preferences where account_id = of_account_id and address = of_address
$$;

create or replace function notifications.webhook_endpoint_json(endpoint notifications.webhook_endpoints) returns json
language sql stable as $$
    select json_build_object(
        'id', endpoint.id,
        'url', endpoint.url,
        'events', case when endpoint.events is null then to_json('all'::text) else to_json(endpoint.events) end,
        'share_link_ids', endpoint.share_link_ids,
        'external_ids', endpoint.external_ids,
        'description', endpoint.description,
        'state', endpoint.state,
        'state_reason', endpoint.state_reason,
        'failing_since', sharelink.rfc3339(endpoint.failing_since),
        'previous_secret_until', (select sharelink.rfc3339(max(p.until)) from unnest(endpoint.previous_untils) as p (until) where p.until > now()),
        'live_secrets', 1 + (select count(*) from unnest(endpoint.previous_untils) as p (until) where p.until > now()),
        'version', endpoint.version,
        'created_at', sharelink.rfc3339(endpoint.created_at),
        'updated_at', sharelink.rfc3339(endpoint.updated_at))
$$;

-- An event as GET /v1/events, the feed and nobody else shows it.
create or replace function notifications.event_json(event events.log) returns json
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
create or replace function notifications.delivery_json(delivery notifications.deliveries) returns json
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

-- With one try more; of many, the last 20. detail is as last_error: without addresses and secrets.
create or replace function notifications.and_try(tries jsonb, at timestamptz, outcome text, detail text) returns jsonb
language sql stable as $$
    select case when jsonb_array_length(tries) >= 20 then tries - 0 else coalesce(tries, '[]') end
           || jsonb_build_object('at', sharelink.rfc3339(at), 'outcome', outcome, 'detail', left(detail, 300))
$$;

-- Its tries, the oldest first, as GET /v1/deliveries/{id} shows them.
create or replace function notifications.tries_of(delivery notifications.deliveries) returns jsonb
language sql stable as $$
    select case when delivery.state = 'sent' and delivery.sent_at is not null
                then notifications.and_try(delivery.tries, delivery.sent_at, 'sent', null)
                else coalesce(delivery.tries, '[]') end
$$;
