-- What the views service owns: who opened what and the sessions that came of it, wrong passcodes, feedback, and how much of
-- which answer was seen.

-- A visit is one open; its session ends after 12 hours, when the passcode changes, or when the link is no longer active.
create table views.visits (
    id             text        primary key collate "C",
    account_id     text        not null collate "C",
    share_link_id  text        not null collate "C",
    reviewer_id    text        not null collate "C",
    opened_at      timestamptz not null default now(),
    is_first       boolean     not null,
    network        text        not null, -- /24 or /48: never a whole address
    device         text        not null,
    session_hash   bytea       not null unique,
    passcode_epoch int         not null,
    last_seen_at   timestamptz not null default now()
) with (fillfactor = 90);
create index visits_by_link on views.visits (share_link_id, id);
create index visits_by_time on views.visits (share_link_id, opened_at, id);
create index visits_by_network on views.visits (reviewer_id, passcode_epoch, network);

-- One row per reviewer who ever opened: counts without counting.
create table views.activity (
    reviewer_id       text        primary key collate "C",
    share_link_id     text        not null collate "C",
    account_id        text        not null collate "C",
    first_opened_at   timestamptz not null default now(),
    last_opened_at    timestamptz not null default now(),
    open_count        bigint      not null,
    -- Counts what the reviewer's own doing has changed on the page.
    feedback_version  bigint      not null default 0,
    -- How many seconds may yet be reported: it grows with the wall's clock, so that nobody watches faster than the fastest
    -- player does.
    watch_credit_s    real        not null default 600,
    watch_credited_at timestamptz not null default now(),
    -- How the link is used with the right passcode: opens in the hour that began at hour_since, and when each network was last
    -- seen (as seconds, at most an hour late). They start afresh with a new passcode.
    usage_epoch       int         not null default 0,
    hour_since        timestamptz not null default now(),
    hour_opens        int         not null default 0,
    networks          jsonb       not null default '{}',
    network_count     int         not null default 0,
    -- The reviewer's word that nothing more will come; the next change of their feedback takes it back. done_told_at: when the
    -- owner was last told.
    done_at           timestamptz,
    done_note         text,
    done_told_at      timestamptz
) with (fillfactor = 80);
create index activity_by_link on views.activity (share_link_id);
create index activity_with_note on views.activity (account_id) where done_note is not null;

-- The last open of each link, and how many ratings it has got, with their sum. Every link has its row from the start, so that a list
-- of the never opened is as cheap as any: never lies before all times. The ratings are counted by who stores or erases a review: no
-- index has them, so that a row is changed in place.
create table views.link_activity (
    share_link_id  text        primary key collate "C",
    account_id     text        not null collate "C",
    last_opened_at timestamptz not null default '-infinity',
    rating_count   int         not null default 0,
    rating_sum     bigint      not null default 0
) with (fillfactor = 80);
create index link_activity_by_time on views.link_activity (account_id, last_opened_at, share_link_id);

-- Wrong tries at a reviewer's link, by whose budget they are: that of the network that they came from, or "visit …" of a session;
-- '' stands for all networks together that have not opened with this passcode. A row holds one window of tries and the last pause
-- that they led to. What docs/limits.md tells of.
create table views.guesses (
    reviewer_id    text        not null collate "C",
    budget         text        not null collate "C",
    passcode_epoch int         not null default 0,
    tries          int         not null default 0,
    since          timestamptz not null default now(),
    pauses         int         not null default 0,
    paused_until   timestamptz,
    -- Opens of a basic link from this network, in the hour that began then.
    opens          int         not null default 0,
    opens_since    timestamptz not null default now(),
    primary key (reviewer_id, budget)
) with (fillfactor = 80);
create index guesses_by_time on views.guesses (since);

-- One row per reviewer's link that ever asked for a new one, the last time it did, and which passcode it had then.
create table views.access_requests (
    reviewer_id    text        primary key collate "C",
    account_id     text        not null collate "C",
    share_link_id  text        not null collate "C",
    passcode_epoch int         not null,
    requested_at   timestamptz not null default now()
);
create index access_requests_by_link on views.access_requests (account_id, share_link_id);

-- One row per reviewer and interview. It outlives membership, passcodes and the link itself, and goes with the candidate.
-- An empty one (no rating, no recommendation, no words) is feedback that was taken back. The reviewer's name stays readable after a removal.
create table views.reviews (
    id               text        primary key collate "C",
    account_id       text        not null collate "C",
    share_link_id    text        not null collate "C",
    reviewer_id      text        not null collate "C",
    reviewer_name    text        not null,
    interview_id     text        not null collate "C",
    rating           smallint    check (rating between 1 and 5),
    recommendation   text        collate "C" check (recommendation in ('strong_yes', 'yes', 'no', 'strong_no')),
    comment          text        not null,
    question_ratings jsonb       not null,
    version          int         not null default 1,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    submitted_at     timestamptz, -- since when it has ever said something
    is_empty         boolean     not null generated always as (
        rating is null and recommendation is null and comment = '' and question_ratings = '[]') stored,
    foreign key (account_id, interview_id) references links.interviews (account_id, id) on delete cascade
) with (fillfactor = 90);
create unique index reviews_by_reviewer on views.reviews (reviewer_id, interview_id);
create index reviews_by_link on views.reviews (share_link_id, created_at, id);
create index reviews_by_interview on views.reviews (account_id, interview_id, created_at, id);

create table views.review_revisions (
    review_id        text        not null collate "C" references views.reviews on delete cascade,
    version          int         not null,
    visit_id         text        not null collate "C",
    rating           smallint,
    recommendation   text        collate "C",
    comment          text        not null,
    question_ratings jsonb       not null,
    created_at       timestamptz not null default now(),
    primary key (review_id, version)
);

-- Seconds that were really seen, not how far the player got.
create table views.watch (
    reviewer_id   text        not null collate "C",
    interview_id  text        not null collate "C",
    question_id   text        not null collate "C",
    account_id    text        not null collate "C",
    share_link_id text        not null collate "C",
    seconds       real        not null,
    position      real        not null,
    updated_at    timestamptz not null default now(),
    primary key (reviewer_id, interview_id, question_id),
    foreign key (account_id, interview_id) references links.interviews (account_id, id) on delete cascade
) with (fillfactor = 80);
create index watch_by_interview on views.watch (account_id, interview_id);

-- Whom the owner was told of: once per reviewer and interview.
create table views.watched (
    reviewer_id   text        not null collate "C",
    interview_id  text        not null collate "C",
    account_id    text        not null collate "C",
    share_link_id text        not null collate "C",
    watched_at    timestamptz not null default now(),
    primary key (reviewer_id, interview_id),
    foreign key (account_id, interview_id) references links.interviews (account_id, id) on delete cascade
);
create index watched_by_interview on views.watched (account_id, interview_id);

-- What is said in an answer, as far as it is known. Lines are [{"start", "end", "text"}] in seconds, made of the captions that source
-- names. Those that the platform sends in the document itself stand there alone: their row has no lines and the source ''. searched
-- is the text of the lines, folded. size is what a page has of them beside its document, in bytes.
create table views.transcripts (
    account_id   text        not null collate "C",
    interview_id text        not null collate "C",
    question_id  text        not null collate "C",
    source       text        not null,
    lines        jsonb,
    searched     text        not null,
    size         int         not null generated always as (coalesce(octet_length(lines::text), 0)) stored,
    stored_at    timestamptz not null default now(),
    primary key (account_id, interview_id, question_id),
    foreign key (account_id, interview_id) references links.interviews (account_id, id) on delete cascade
);

-- What is to be fetched in the background, or was: captions, of a question of an interview, and the account's logo, of none. A
-- row stands for what its document (document_version) names now; a new one starts afresh.
create table views.fetches (
    id               bigint      primary key generated always as identity,
    account_id       text        not null collate "C",
    interview_id     text        collate "C",
    question_id      text        collate "C",
    url              text        not null,
    document_version int         not null,
    state            text        not null default 'waiting' check (state in ('waiting', 'done', 'failed')),
    attempts         int         not null default 0,
    next_attempt_at  timestamptz not null default now(),
    lease_until      timestamptz,
    lease_holder     text,
    last_error       text,
    created_at       timestamptz not null default now(),
    check ((interview_id is null) = (question_id is null)),
    unique nulls not distinct (account_id, interview_id, question_id),
    foreign key (account_id) references links.accounts on delete cascade,
    foreign key (account_id, interview_id) references links.interviews (account_id, id) on delete cascade
) with (fillfactor = 80);
create index fetches_due on views.fetches (account_id, next_attempt_at) where state = 'waiting';

-- Images that accounts have as their logos, or had: mails that were sent show them. Their addresses are digests of their bytes.
create table views.logos (
    account_id   text        not null collate "C" references links.accounts on delete cascade,
    digest       text        not null collate "C",
    content_type text        not null,
    bytes        bytea       not null,
    stored_at    timestamptz not null default now(),
    primary key (account_id, digest)
);
create index logos_by_digest on views.logos (digest);
alter table views.logos alter column bytes set storage external;

-- A try to open a link, as views.open_links takes one and notes what becomes of it.
create type views.try as (
    place          int,
    outcome        text,
    paused_until   timestamptz,
    visit_id       text collate "C",
    session_hash   bytea,
    cookie_hash    bytea,
    event_id       text collate "C",
    network        text collate "C",
    device         text,
    request_id     text,
    traceparent    text,
    reviewer_id    text collate "C",
    reviewer_name  text,
    share_link_id  text collate "C",
    account_id     text collate "C",
    passcode_epoch int,
    kind           text,
    budget         text collate "C", -- whose wrong tries it is one of
    is_known       boolean, -- it comes from a network that has opened with this passcode, or with a session
    is_counted     boolean, -- as one of many people's opens: it is of a basic link and goes on with no visit
    -- Noted on the way.
    wrong_tries    int,
    begins_pause   boolean,
    same_visit_id  text collate "C"
);
