-- What the notifications service owns: what became of each event, each mail and webhook that came of it, what people want to
-- hear of, and where platforms want to be told.

-- An event that a consumer has settled: its deliveries exist, or it asks for none. Redelivered entries stop here.
create table notifications.settled (
    consumer   text        not null collate "C",
    event_id   text        not null collate "C",
    settled_at timestamptz not null default now(),
    primary key (consumer, event_id)
);
-- The oldest marks are found one by one, however many there are: a block range index cannot give them in order.
create index settled_by_age on notifications.settled (settled_at);

-- How far the log is known to be settled without a gap, by (xid, id); below it the sweep looks no more.
create table notifications.cursors (
    consumer text primary key collate "C",
    xid      xid8 not null,
    event_id text not null collate "C"
);
-- For webhooks it begins with what happens from now on: nobody could listen before.
insert into notifications.cursors (consumer, xid, event_id)
values ('email', '0', ''), ('webhook', pg_snapshot_xmin(pg_current_snapshot()), '');

-- Each event × channel × kind × recipient is a row, with the reason when nothing is sent. A claim is a lease that runs out.
create table notifications.deliveries (
    id               text        primary key collate "C",
    event_id         text        not null collate "C",
    event_type       text        not null collate "C",
    account_id       text        not null collate "C",
    channel          text        not null check (channel in ('email', 'webhook')),
    kind             text        not null collate "C",
    recipient        text        not null collate "C",
    event_data       jsonb       not null,
    happened_at      timestamptz not null,
    share_link_id    text        collate "C",
    reviewer_id      text        collate "C",
    state            text        not null check (state in ('pending', 'sent', 'failed', 'skipped')),
    reason           text,
    attempts         int         not null default 0,
    -- Times that the server took the mail and never answered: one more try, then a person decides.
    uncertain        int         not null default 0,
    last_error       text,
    -- The last tries that did not go well, the oldest first, as the API shows them: [{at, outcome, detail}]. Most have none. The one
    -- that went well is sent_at.
    tries            jsonb,
    created_at       timestamptz not null default now(),
    sent_at          timestamptz,
    next_attempt_at  timestamptz,
    lease_until      timestamptz,
    lease_holder     text,
    -- Whether further events may be gathered into it until it is sent, how many it tells of, and of what; and for those that
    -- were gathered, the one that tells of them.
    gathers          boolean     not null default false,
    gathered         int         not null default 1,
    gathered_items   text[]      collate "C",
    last_happened_at timestamptz,
    gathered_into    text        collate "C",
    -- Mails about other things that wait for this one to go out first: schema/triggers.sql.
    followers        text[]      collate "C",
    request_id       text,
    traceparent      text,
    unique (event_id, channel, kind, recipient)
-- A claim updates all rows of a page at once, and no column that an index knows: with as much room as it has rows, in place.
) with (fillfactor = 50);
-- What is due is looked for by channel, and webhooks by endpoint: what a dead endpoint leaves behind must not be walked over
-- by whoever looks for a mail, or for another endpoint's webhook.
create index deliveries_due_mails on notifications.deliveries (next_attempt_at) where state = 'pending' and channel = 'email';
create index deliveries_due_webhooks on notifications.deliveries (recipient, next_attempt_at) where state = 'pending' and channel = 'webhook';
-- Webhooks that tell of changes of a review and wait for further ones.
create index deliveries_gathering on notifications.deliveries (recipient, reviewer_id)
    where state = 'pending' and channel = 'webhook' and gathers;
-- Mails of a link that gather.
create index deliveries_gathering_mails on notifications.deliveries (share_link_id)
    where state = 'pending' and channel = 'email' and gathers;
create index deliveries_failed on notifications.deliveries (id) where state = 'failed';
create index deliveries_gathered on notifications.deliveries (gathered_into) where gathered_into is not null;
create index deliveries_for_digest on notifications.deliveries (account_id, recipient, happened_at)
    where reason = 'in_digest' and gathered_into is null;
create index deliveries_by_endpoint on notifications.deliveries (state, recipient, id) where channel = 'webhook';
-- Which links need their owner's attention.
create index deliveries_failed_invitations on notifications.deliveries (account_id, share_link_id)
    where kind = 'invitation' and state = 'failed';
-- A reviewer's last invitation is looked for with every link that is shown, among whatever else the reviewer was told of since.
create index deliveries_of_invitations on notifications.deliveries (reviewer_id, id) where kind = 'invitation';
-- For lists: each begins with what is asked for and goes on in the list's order.
create index deliveries_by_account on notifications.deliveries (state, account_id, channel, id);
create index deliveries_by_link on notifications.deliveries (share_link_id, account_id, id);
create index deliveries_by_reviewer on notifications.deliveries (reviewer_id, id);
create index deliveries_by_type on notifications.deliveries (event_type, account_id, id);
-- A mail's id is as old as its event. Those that were planned at another time, by when that was.
create index deliveries_of_another_time on notifications.deliveries (account_id, created_at, id)
    where created_at - happened_at > interval '10 minutes' or created_at - happened_at < interval '-10 minutes';

-- An open window: one per recipient and subject. Whoever plans adds to it under its row's lock; whoever claims its delivery
-- closes it, and never waits for that lock.
create table notifications.gatherings (
    key         text        primary key collate "C",
    delivery_id text        not null unique collate "C",
    count       int         not null,
    items       text[]      not null collate "C",
    last_at     timestamptz not null,
    due_at      timestamptz not null,
    due_at_most timestamptz not null
) with (fillfactor = 50);

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

-- What a recruiter wants, per account and address (in its canonical form, as everywhere). No row: the
-- defaults, which are those of the columns.
create table notifications.preferences (
    account_id           text        not null collate "C",
    address              text        not null collate "C",
    opens                text        not null default 'every' check (opens in ('every', 'first', 'off')),
    reviews              text        not null default 'every' check (reviews in ('every', 'off')),
    digest               text        not null default 'off' check (digest in ('off', 'daily')),
    muted_share_link_ids text[]      not null default '{}' collate "C",
    -- Since when the digest is wanted, and the end of the day that the last one told of. A digest that was switched off keeps
    -- both until what waits for it has been told.
    digest_since         timestamptz,
    digest_until         timestamptz,
    -- "No mails at all", said on the unsubscribe page. Preferences that are set afterwards count again.
    unsubscribed_at      timestamptz,
    version              int         not null default 1,
    updated_at           timestamptz not null default now(),
    primary key (account_id, address)
);
create index preferences_to_digest on notifications.preferences (account_id, address) where digest_until is not null;

-- Where a platform service wants to be told of events. Its secrets are sealed by the keyring, bound to the endpoint's id.
create table notifications.webhook_endpoints (
    id              text        primary key collate "C",
    account_id      text        not null collate "C",
    url             text        not null,
    -- Short names; null means all.
    events          text[]      collate "C",
    -- Links that it is told of, by their ids and by the platform's own: those that either names. Both null means all.
    share_link_ids  text[]      collate "C",
    external_ids    text[]      collate "C",
    description     text,
    state           text        not null default 'enabled' check (state in ('enabled', 'disabled')),
    -- Why it is disabled: manual, gone (it answered 410) or failing (for too long).
    state_reason    text,
    secret          bytea       not null,
    -- Those that it had before and that still sign, each with its end, which it was promised when it was replaced.
    previous_secrets bytea[]       not null default '{}',
    previous_untils  timestamptz[] not null default '{}',
    -- The first failure since the last success.
    failing_since   timestamptz,
    version         int         not null default 1,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    check (cardinality(previous_secrets) = cardinality(previous_untils))
);
create index webhook_endpoints_by_account on notifications.webhook_endpoints (account_id, created_at, id);
