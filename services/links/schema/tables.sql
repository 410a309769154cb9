-- What the links service owns: accounts and their keys, interviews, message templates, share links with their interviews and
-- reviewers.
--
-- Every key that a list sorts by has a place for what is missing (never expiring lies after all times), and an index in which
-- an account's rows lie in that order. Searches go by trigrams of what is searched, folded, within the account. Mail addresses
-- are stored in the one form in which they are compared (common/data/idn.h).
--
-- Links, reviewers and interviews may have an external_id, the platform's own name of them (of a reviewer: within the link), and
-- metadata, texts by keys of its own. Neither is in what others may read of these tables for a reviewer's page or a mail.

create table links.accounts (
    id                    text        primary key collate "C",
    name                  text        not null,
    plan                  text        not null,
    -- What new links get where the request leaves something out.
    default_settings      jsonb       not null default '{}',
    default_expires_value int,
    default_expires_unit  text        check (default_expires_unit in ('days', 'weeks')),
    default_sender_name   text,
    -- Who shares, as reviewers see it. brand_logo: the digest of the image that was fetched from brand_logo_url, null until then.
    brand_name            text,
    brand_accent          text        check (brand_accent ~ '^#[0-9a-f]{6}$'),
    brand_logo_url        text,
    brand_logo            text        collate "C",
    -- The language of those reviewers who have none of their own, and of mails to owners: a tag of BCP 47.
    locale                text        collate "C",
    -- The recruiters' console: where it is, and on which pages it may stand.
    console_url           text,
    console_origins       text[]      not null default '{}',
    version               int         not null default 1,
    created_at            timestamptz not null default now(),
    updated_at            timestamptz not null default now(),
    check ((default_expires_value is null) = (default_expires_unit is null))
);

create table links.api_keys (
    id          text        primary key collate "C",
    account_id  text        not null collate "C" references links.accounts on delete cascade,
    secret_hash bytea       not null,
    scopes      text[]      not null,
    created_at  timestamptz not null default now(),
    revoked_at  timestamptz
);
create index api_keys_by_account on links.api_keys (account_id);

-- How large a part of a reviewer's page an interview is, in bytes: its text, and what each question adds to it. What a page may
-- have is bounded by the sum: docs/limits.md.
create function links.content_size(document jsonb) returns int
language sql immutable
return octet_length(document::text)
       + 500 * case when jsonb_typeof(document -> 'questions') = 'array' then jsonb_array_length(document -> 'questions') else 0 end;

-- How long the recordings of an interview's answers last, in seconds: what an invitation says of the time that it takes.
create function links.recorded_seconds(document jsonb) returns real
language sql immutable
return (select coalesce(sum((question #>> '{answer,duration_seconds}')::real), 0)
        from jsonb_array_elements(case when jsonb_typeof(document -> 'questions') = 'array' then document -> 'questions' else '[]' end) question
        where question -> 'skipped' is distinct from 'true' and question #>> '{answer,kind}' in ('video', 'audio')
          and jsonb_typeof(question #> '{answer,duration_seconds}') = 'number');

-- The document is kept as the platform sent it; what lists filter and sort by stands beside it.
create table links.interviews (
    account_id      text        not null collate "C" references links.accounts on delete cascade,
    id              text        not null collate "C",
    document        jsonb       not null,
    type            text        generated always as (document ->> 'type') stored,
    job_id          text        collate "C" generated always as (document #>> '{job,id}') stored,
    completed_at    timestamptz generated always as (sharelink.time_of(document ->> 'completed_at')) stored,
    candidate_name  text        generated always as (
        (document #>> '{candidate,first_name}') || coalesce(' ' || nullif(document #>> '{candidate,last_name}', ''), '')) stored,
    searched        text        generated always as (sharelink.person_searched(
        (document #>> '{candidate,first_name}') || coalesce(' ' || (document #>> '{candidate,last_name}'), ''),
        document #>> '{candidate,email}')) stored,
    job_title       text        generated always as (document #>> '{job,title}') stored,
    job_searched    text        generated always as (sharelink.folded(document #>> '{job,title}')) stored,
    content_size    int         not null generated always as (links.content_size(document)) stored,
    recorded_s      real        not null generated always as (links.recorded_seconds(document)) stored,
    external_id     text        collate "C",
    metadata        jsonb       not null default '{}',
    version         int         not null default 1,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (account_id, id),
    -- Reviewers' pages are made of the document.
    constraint interviews_document check (not document ?| array['external_id', 'metadata'])
);
create index interviews_by_time on links.interviews (account_id, created_at, id);
create index interviews_by_change on links.interviews (account_id, updated_at, id);
create index interviews_by_completion on links.interviews (account_id, (coalesce(completed_at, '-infinity'::timestamptz)), id);
create index interviews_by_name on links.interviews (account_id, (candidate_name collate "und-x-icu"), id);
create index interviews_by_job on links.interviews (account_id, job_id, created_at, id);
create unique index interviews_external_id on links.interviews (account_id, external_id) where external_id is not null;
-- One index for both: a search of share links looks into both, one of interviews into the first alone.
create index interviews_by_words on links.interviews using gin (account_id, searched gin_trgm_ops, job_searched gin_trgm_ops);

-- Counts the documents of an account's interviews that were replaced. A cached page goes by it, and by the version of its
-- link, which each change of settings and members raises. Whose page an interview is on is not asked here: a membership
-- that is being committed at this moment could not be seen.
create table links.document_versions (
    account_id text   primary key collate "C",
    version    bigint not null default 1
) with (fillfactor = 50);

-- The library of message templates; one is the account's default.
create table links.email_templates (
    id         text        primary key collate "C",
    account_id text        not null collate "C" references links.accounts on delete cascade,
    name       text        not null,
    subject    text        not null,
    body       text        not null,
    is_default boolean     not null default false,
    version    int         not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index email_templates_by_account on links.email_templates (account_id, id);
create unique index email_templates_one_default on links.email_templates (account_id) where is_default;
create index email_templates_by_time on links.email_templates (account_id, created_at, id);
create index email_templates_by_name on links.email_templates (account_id, (name collate "und-x-icu"), id);

-- An expired link is one whose expires_at has passed: that is computed, so no door waits for a job that marks it.
create table links.share_links (
    id                     text        primary key collate "C",
    account_id             text        not null collate "C" references links.accounts on delete cascade,
    kind                   text        not null check (kind in ('advanced', 'basic')),
    -- The interview that a basic link is of; with it the link goes. A basic link has one URL, nobody in particular behind it.
    basic_of               text        collate "C",
    title                  text        not null,
    searched               text        not null generated always as (sharelink.folded(title)) stored,
    owner_name             text        not null,
    owner_email            text        collate "C",
    owner_time_zone        text        not null,
    abbreviate_names       boolean     not null default false,
    omit_avatars           boolean     not null default false,
    exclude_full_profiles  boolean     not null default false,
    hide_skipped_questions boolean     not null default false,
    disable_feedback       boolean     not null default false,
    mask_questionnaire     boolean     not null default false,
    send_email             boolean     not null,
    message_subject        text,
    message_body           text,
    template_id            text        collate "C",
    external_id            text        collate "C",
    metadata               jsonb       not null default '{}',
    -- Makes the media references of this link's pages, so that those of another link mean nothing here.
    media_salt             bytea       not null,
    -- The highest position that a member of the link ever had: media references hold positions, so none may come to mean
    -- another interview.
    last_position          int         not null default 0,
    deactivated_at         timestamptz,
    state_reason           jsonb,
    expires_at             timestamptz,
    -- The expiry that was told of by an event.
    told_expiry            timestamptz,
    -- A link that was active for too long since then is switched off; null once the expiry was told.
    active_since           timestamptz default now(),
    version                int         not null default 1,
    created_at             timestamptz not null default now(),
    updated_at             timestamptz not null default now(),
    check ((kind = 'basic') = (basic_of is not null)),
    foreign key (account_id, basic_of) references links.interviews (account_id, id) on delete cascade
);
create unique index share_links_basic_of on links.share_links (account_id, basic_of) where basic_of is not null;
create unique index share_links_external_id on links.share_links (account_id, external_id) where external_id is not null;
create index share_links_by_account on links.share_links (account_id, created_at desc, id desc);
create index share_links_by_change on links.share_links (account_id, updated_at, id);
create index share_links_by_title on links.share_links (account_id, (title collate "und-x-icu"), id);
create index share_links_by_expiry on links.share_links (account_id, (coalesce(expires_at, 'infinity'::timestamptz)), id);
create index share_links_by_owner on links.share_links (account_id, owner_email, created_at desc, id desc);
create index share_links_basic on links.share_links (account_id, created_at desc, id desc) where kind = 'basic';
create index share_links_deactivated on links.share_links (account_id, created_at desc, id desc) where deactivated_at is not null;
create index share_links_by_words on links.share_links using gin (account_id, searched gin_trgm_ops);
create index share_links_to_expire on links.share_links (expires_at) where deactivated_at is null and expires_at is not null;
create index share_links_expiry_untold on links.share_links (expires_at)
    where deactivated_at is null and told_expiry is distinct from expires_at;
create index share_links_by_age on links.share_links (active_since) where deactivated_at is null;

create table links.share_link_interviews (
    share_link_id text        not null collate "C" references links.share_links on delete cascade,
    account_id    text        not null collate "C",
    interview_id  text        not null collate "C",
    position      int         not null,
    added_at      timestamptz not null default now(),
    primary key (share_link_id, interview_id),
    foreign key (account_id, interview_id) references links.interviews (account_id, id) on delete cascade
);
create index share_link_interviews_by_interview on links.share_link_interviews (account_id, interview_id);

-- The token is found by its hash and the passcode is checked by its keyed hash; sealed holds both, to be copied again. The URL
-- of a basic link belongs to one technical reviewer without an address.
create table links.reviewers (
    id                      text        primary key collate "C",
    share_link_id           text        not null collate "C" references links.share_links on delete cascade,
    account_id              text        not null collate "C",
    position                int         not null,
    name                    text        not null,
    email                   text        collate "C",
    searched                text        not null generated always as (sharelink.person_searched(name, email)) stored,
    token_hash              bytea       not null unique,
    passcode_hash           bytea       not null,
    passcode_epoch          int         not null default 1,
    sealed                  bytea       not null,
    deactivated_at          timestamptz,
    state_reason            jsonb,
    invitation_requested_at timestamptz,
    external_id             text        collate "C",
    metadata                jsonb       not null default '{}',
    locale                  text        collate "C", -- a tag of BCP 47
    created_at              timestamptz not null default now()
);
create unique index reviewers_by_link on links.reviewers (share_link_id, email);
-- Unique within the link, and found within the account.
create unique index reviewers_external_id on links.reviewers (account_id, external_id, share_link_id) where external_id is not null;
create index reviewers_unusual on links.reviewers (account_id, share_link_id) where state_reason ->> 'code' = 'unusual_activity';
create index reviewers_by_words on links.reviewers using gin (account_id, searched gin_trgm_ops);

-- How many mails of a kind an account has asked for to one address since the hour began; docs/limits.md tells of it. Kind and
-- address stand here as one digest, which goes after the hour.
create table links.mail_requests (
    account_id   text        not null collate "C" references links.accounts on delete cascade,
    address_hash bytea       not null,
    since        timestamptz not null default now(),
    asked        int         not null default 1,
    primary key (account_id, address_hash)
) with (fillfactor = 80);
create index mail_requests_by_time on links.mail_requests (since);
