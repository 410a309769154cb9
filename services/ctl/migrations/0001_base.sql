-- The ground that all services stand on: their roles and schemas, public ids made in SQL, and the event log.

-- Roles belong to the whole cluster, where another database of ours may be making them at this very moment.
do $$
declare
    role text;
begin
    foreach role in array array['sharelink_links', 'sharelink_views', 'sharelink_notifications'] loop
        begin
            if not exists (select from pg_roles where rolname = role) then
                execute format('create role %I login', role);
            end if;
        exception when duplicate_object or unique_violation then
            null;
        end;
    end loop;
end
$$;

create schema sharelink;
create schema events;
create schema links;
create schema views;
create schema notifications;

grant usage on schema sharelink, events to sharelink_links, sharelink_views, sharelink_notifications;
grant usage on schema links to sharelink_links, sharelink_views, sharelink_notifications;
grant usage on schema views to sharelink_links, sharelink_views, sharelink_notifications;
grant usage on schema notifications to sharelink_links, sharelink_notifications;

-- A prefix and 26 characters of Crockford base32 over a UUIDv7, as common/id.h has it.
create function sharelink.new_id(prefix text) returns text
language sql volatile
return prefix || (
    with uuid (bits) as (
        select b'00'
               || floor(extract(epoch from clock_timestamp()) * 1000)::bigint::bit(48)
               || b'0111'
               || substring(('x' || replace(gen_random_uuid()::text, '-', ''))::bit(128) from 53)
    )
    select string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', substring(bits from 1 + 5 * i for 5)::bit(5)::int + 1, 1),
                      '' order by i)
    from uuid, generate_series(0, 25) as i
);

-- The form of every time in the API; null for null.
create function sharelink.rfc3339(at timestamptz) returns text
language sql stable
return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

-- Every change that others may care about, written in the same transaction as the change. It is outbox, audit log and
-- replay source at once: rows are only ever added. A reader by cursor orders by (xid, id) and stays below
-- pg_snapshot_xmin(pg_current_snapshot()), because ids alone become visible out of order.
create table events.log (
    id            text        not null collate "C",
    xid           xid8        not null default pg_current_xact_id(),
    created_at    timestamptz not null default now(),
    account_id    text        not null collate "C",
    type          text        not null collate "C",
    share_link_id text        collate "C",
    reviewer_id   text        collate "C",
    data          jsonb       not null,
    request_id    text,
    traceparent   text,
    primary key (id, created_at)
) partition by range (created_at);
create index log_by_commit on events.log (xid, id);
create index log_by_account on events.log (account_id, id);

-- Holds what no month has taken; empty while ensure_partitions runs in time.
create table events.log_default partition of events.log default;

-- Makes the partitions of this month and the months ahead. Called by the migration and by the sweep.
create function events.ensure_partitions(months_ahead int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    month date;
    made  int := 0;
begin
    for month in select generate_series(date_trunc('month', now() at time zone 'UTC'),
                                        date_trunc('month', now() at time zone 'UTC') + make_interval(months => months_ahead),
                                        interval '1 month')::date
    loop
        if to_regclass(format('events.log_%s', to_char(month, 'YYYY_MM'))) is null then
            execute format('create table if not exists events.%I partition of events.log for values from (%L) to (%L)',
                           'log_' || to_char(month, 'YYYY_MM'),
                           to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00',
                           to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
            made := made + 1;
        end if;
    end loop;
    return made;
end
$$;
select events.ensure_partitions(3);
revoke execute on function events.ensure_partitions(int) from public;
grant execute on function events.ensure_partitions(int) to sharelink_notifications;

-- The event as it goes over the streams: CloudEvents 1.0, structured JSON.
create function events.cloud_event(event events.log) returns text
language sql stable
return json_strip_nulls(json_build_object(
    'specversion', '1.0',
    'id', event.id,
    'source', case when event.type in ('link.opened', 'link.passcode_failed', 'link.access_requested',
                                       'interview.watched', 'review.submitted', 'review.updated')
                   then '/sharelink/views' else '/sharelink/links' end,
    'type', 'sharelink.' || event.type || '.v1',
    'subject', event.share_link_id,
    'time', sharelink.rfc3339(event.created_at),
    'datacontenttype', 'application/json',
    'accountid', event.account_id,
    'requestid', event.request_id,
    'traceparent', event.traceparent,
    'data', event.data))::text;

-- Nobody may change or delete: not even the services that write it.
grant insert, select on events.log to sharelink_links, sharelink_views;
grant select on events.log to sharelink_notifications;

-- A statement that runs for longer, or waits for a lock for longer, is a fault to be seen and not a request to be kept.
do $$
declare
    role text;
begin
    foreach role in array array['sharelink_links', 'sharelink_views', 'sharelink_notifications'] loop
        execute format('alter role %I in database %I set statement_timeout = %L', role, current_database(), '5s');
        execute format('alter role %I in database %I set lock_timeout = %L', role, current_database(), '3s');
        execute format('alter role %I in database %I set idle_in_transaction_session_timeout = %L', role, current_database(), '5s');
    end loop;
end
$$;
