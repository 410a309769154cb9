-- What is due is looked for by channel, and webhooks by endpoint: what a dead endpoint leaves behind must not be walked over
-- by whoever looks for a mail, or for another endpoint's webhook.
drop index notifications.deliveries_due;
create index deliveries_due_mails on notifications.deliveries (next_attempt_at) where state = 'pending' and channel = 'email';
create index deliveries_due_webhooks on notifications.deliveries (recipient, next_attempt_at) where state = 'pending' and channel = 'webhook';

-- A zone that PostgreSQL does not know, because its tzdata is older than ours, is no reason to hold back a mail: least of all
-- those that are claimed together with it.
create or replace function notifications.local_time(at timestamptz, zone text) returns text
language plpgsql stable as $$
begin
    return to_char(at at time zone zone, 'FMDay, FMDD FMMonth YYYY, HH24:MI') || ' (' || zone || ')';
exception when invalid_parameter_value then
    return to_char(at at time zone 'UTC', 'FMDay, FMDD FMMonth YYYY, HH24:MI') || ' (UTC)';
end
$$;
