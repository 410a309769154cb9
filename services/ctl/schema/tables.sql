-- What all services share: the event log, and the answers that are kept for requests with an Idempotency-Key.

-- Every change that others may care about, written in the same transaction as the change. It is outbox, audit log and
-- replay source at once: rows are only ever added. A reader by cursor orders by (xid, id) and stays below
-- pg_snapshot_xmin(pg_current_snapshot()), because ids alone become visible out of order.
create table events.log (
    id            text        not null collate "C",
    xid           xid8        not null default pg_current_xact_id(),
    -- Which transactions were over when the event was written: whoever has got an event has got all of before its horizon.
    horizon       xid8        default pg_snapshot_xmin(pg_current_snapshot()),
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
-- Each list has an index that begins with what is asked for and goes on in the list's order, for filters too that few rows of
-- a large account pass.
create index log_by_commit on events.log (xid, id);
create index log_by_account_commit on events.log (account_id, xid, id);
create index log_by_account_time on events.log (account_id, created_at, id);
create index log_by_type on events.log (type, account_id, xid, id);
create index log_by_link on events.log (share_link_id, xid, id);

-- Holds what no month has taken; empty while events.make_partitions runs in time.
create table events.log_default partition of events.log default;

-- Answers to requests with an Idempotency-Key, kept for 24 hours to be given again. A row is written in the transaction of
-- the request's own effect: the one is there exactly when the other is. See common/daemon/idempotency.h.
create table sharelink.idempotent_answers (
    id         bytea       primary key, -- a digest of account, method, path and key
    service    name        not null default current_user,
    box        bytea       not null, -- the answer, sealed: it may hold URLs and passcodes
    -- Whose name the answer bears, as "account/interview", so that erasing the candidate takes it along.
    about      text,
    created_at timestamptz not null default now()
);
create index idempotent_answers_by_age on sharelink.idempotent_answers (created_at);
create index idempotent_answers_by_subject on sharelink.idempotent_answers (about) where about is not null;
-- Sealed bytes do not get smaller.
alter table sharelink.idempotent_answers alter column box set storage external;

-- How many bytes of answers an account has had stored, by the hour: what docs/limits.md bounds.
create table sharelink.idempotent_usage (
    service    name        not null default current_user,
    account_id text        not null collate "C",
    hour       timestamptz not null default date_trunc('hour', now()),
    bytes      bigint      not null,
    primary key (service, account_id, hour)
) with (fillfactor = 50);
create index idempotent_usage_by_hour on sharelink.idempotent_usage (hour);

alter table sharelink.idempotent_usage enable row level security;
create policy own on sharelink.idempotent_usage using (service = current_user) with check (service = current_user);

-- One table, and each service sees its own rows.
alter table sharelink.idempotent_answers enable row level security;
create policy own on sharelink.idempotent_answers using (service = current_user) with check (service = current_user);
