-- What the notifications service owns: what became of each event, and each mail that came of it.

-- An event that a consumer has settled: its deliveries exist, or it asks for none. Redelivered entries stop here.
create table notifications.settled (
    consumer   text        not null collate "C",
    event_id   text        not null collate "C",
    settled_at timestamptz not null default now(),
    primary key (consumer, event_id)
);
create index settled_by_time on notifications.settled using brin (settled_at);

-- How far the log is known to be settled without a gap, by (xid, id); below it the sweep looks no more.
create table notifications.cursors (
    consumer text primary key collate "C",
    xid      xid8 not null,
    event_id text not null collate "C"
);
insert into notifications.cursors values ('email', '0', '');

-- Each event × channel × recipient is a row, with the reason when nothing is sent. A claim is a lease that runs out.
create table notifications.deliveries (
    id              text        primary key collate "C",
    event_id        text        not null collate "C",
    event_type      text        not null collate "C",
    account_id      text        not null collate "C",
    channel         text        not null check (channel in ('email', 'webhook')),
    kind            text        not null collate "C",
    recipient       text        not null,
    event_data      jsonb       not null,
    happened_at     timestamptz not null,
    share_link_id   text        collate "C",
    reviewer_id     text        collate "C",
    state           text        not null check (state in ('pending', 'sent', 'failed', 'skipped')),
    reason          text,
    attempts        int         not null default 0,
    -- Times that the server took the mail and never answered: one more try, then a person decides.
    uncertain       int         not null default 0,
    last_error      text,
    created_at      timestamptz not null default now(),
    sent_at         timestamptz,
    next_attempt_at timestamptz,
    lease_until     timestamptz,
    lease_holder    text,
    request_id      text,
    traceparent     text,
    unique (event_id, channel, kind, recipient)
) with (fillfactor = 80);
create index deliveries_due on notifications.deliveries (next_attempt_at) where state = 'pending';
create index deliveries_failed on notifications.deliveries (id) where state = 'failed';
create index deliveries_by_link on notifications.deliveries (account_id, share_link_id, id);
create index deliveries_by_reviewer on notifications.deliveries (reviewer_id, id) where kind = 'invitation';

-- Stream entries and events that could not be understood or handled: kept for a person to look at.
create table notifications.dead_entries (
    id         bigint      generated always as identity primary key,
    consumer   text        not null,
    stream     text,
    entry_id   text,
    event_id   text        collate "C",
    fault      text        not null,
    created_at timestamptz not null default now(),
    unique (consumer, stream, entry_id)
);

-- Published for the links service: what became of a reviewer's invitations.
create view notifications.invitations as
select reviewer_id, id, state, sent_at from notifications.deliveries where kind = 'invitation';

-- Why a mail of this kind must not go out now; null when it may.
create function notifications.skip_reason(kind text, context links.mail_contexts) returns text
language sql immutable
return case when context.reviewer_id is null then 'reviewer_removed'
            when kind = 'invitation' and context.state <> 'active' then 'link_' || context.state end;

-- A time as a person in that zone reads it.
create function notifications.local_time(at timestamptz, zone text) returns text
language sql stable
return to_char(at at time zone zone, 'FMDay, FMDD FMMonth YYYY, HH24:MI') || ' (' || zone || ')';

-- All that composing a mail needs, for the worker that holds its lease.
create function notifications.mail_json(delivery notifications.deliveries, context links.mail_contexts) returns json
language sql stable
return json_build_object(
    'delivery_id', delivery.id,
    'kind', delivery.kind,
    'recipient', delivery.recipient,
    'attempts', delivery.attempts,
    'uncertain', delivery.uncertain,
    'request_id', delivery.request_id,
    'first', delivery.event_data -> 'first',
    'happened_at', notifications.local_time(delivery.happened_at, context.owner_time_zone),
    'share_link_id', context.share_link_id,
    'title', context.title,
    'owner_name', context.owner_name,
    'owner_email', context.owner_email,
    'reviewer_id', context.reviewer_id,
    'reviewer_name', context.reviewer_name,
    'reviewer_email', context.reviewer_email,
    'sealed', encode(context.sealed, 'hex'),
    'message_subject', context.message_subject,
    'message_body', context.message_body,
    'expires_at', notifications.local_time(context.expires_at, context.owner_time_zone),
    'interview_count', context.interview_count,
    'job_title', context.job_title);

grant select, insert, update, delete on notifications.settled to sharelink_notifications;
grant select, update on notifications.cursors to sharelink_notifications;
grant select, insert, update on notifications.deliveries to sharelink_notifications;
grant select, insert on notifications.dead_entries to sharelink_notifications;
grant select on notifications.invitations to sharelink_links;
