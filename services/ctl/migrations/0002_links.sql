-- What the links service owns: accounts and their keys, interviews, share links, their reviewers and members.

create table links.accounts (
    id         text        primary key collate "C",
    name       text        not null,
    plan       text        not null,
    created_at timestamptz not null default now()
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

-- The document is kept as the platform sent it; what lists filter and sort by stands beside it.
create table links.interviews (
    account_id   text        not null collate "C" references links.accounts on delete cascade,
    id           text        not null collate "C",
    document     jsonb       not null,
    version      int         not null default 1,
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now(),
    primary key (account_id, id)
);

create table links.email_templates (
    id         text        primary key collate "C",
    account_id text        not null collate "C" references links.accounts on delete cascade,
    name       text        not null,
    subject    text        not null,
    body       text        not null,
    is_default boolean     not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index email_templates_by_account on links.email_templates (account_id, id);

-- An expired link is one whose expires_at has passed: that is computed, so no door waits for a job that marks it.
create table links.share_links (
    id                     text        primary key collate "C",
    account_id             text        not null collate "C" references links.accounts on delete cascade,
    kind                   text        not null check (kind in ('advanced', 'basic')),
    title                  text        not null,
    owner_name             text        not null,
    owner_email            text        not null,
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
    -- Makes the media references of this link's pages, so that those of another link mean nothing here.
    media_salt             bytea       not null,
    deactivated_at         timestamptz,
    state_reason           jsonb,
    expires_at             timestamptz,
    version                int         not null default 1,
    created_at             timestamptz not null default now(),
    updated_at             timestamptz not null default now()
);
create index share_links_by_account on links.share_links (account_id, created_at desc, id desc);

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

-- The token is found by its hash and the passcode is checked by its keyed hash; sealed holds both, to be copied again.
create table links.reviewers (
    id                      text        primary key collate "C",
    share_link_id           text        not null collate "C" references links.share_links on delete cascade,
    account_id              text        not null collate "C",
    position                int         not null,
    name                    text        not null,
    email                   text        not null,
    token_hash              bytea       not null unique,
    passcode_hash           bytea       not null,
    passcode_epoch          int         not null default 1,
    sealed                  bytea       not null,
    deactivated_at          timestamptz,
    invitation_requested_at timestamptz,
    created_at              timestamptz not null default now()
);
-- Folded as ASCII, the way the API compares addresses.
create unique index reviewers_by_link on links.reviewers (share_link_id, lower(email collate "C"));

create function links.state_of(link_deactivated_at timestamptz, expires_at timestamptz) returns text
language sql stable
return case when link_deactivated_at is not null then 'deactivated'
            when expires_at <= now() then 'expired'
            else 'active' end;

-- Published for the views service: the door that a token leads to.
create view links.doors as
select r.token_hash, r.id as reviewer_id, r.name as reviewer_name, r.passcode_hash, r.passcode_epoch,
       l.id as share_link_id, l.account_id, l.expires_at, l.owner_name as sender_name, l.media_salt,
       links.state_of(coalesce(l.deactivated_at, r.deactivated_at), l.expires_at) as state,
       l.abbreviate_names, l.omit_avatars, l.exclude_full_profiles, l.hide_skipped_questions, l.disable_feedback,
       l.mask_questionnaire
from links.reviewers r
join links.share_links l on l.id = r.share_link_id;

-- Published for the views service: what lies behind a door, whole. What the settings hide is taken out by the statement
-- that makes the reviewer's page.
create view links.shared_interviews as
select m.share_link_id, m.position, i.id as interview_id, i.document
from links.share_link_interviews m
join links.interviews i on i.account_id = m.account_id and i.id = m.interview_id;

-- Published for the notifications service: all that a mail about a reviewer's link may need.
create view links.mail_contexts as
select r.id as reviewer_id, r.name as reviewer_name, r.email as reviewer_email, r.sealed,
       l.id as share_link_id, l.account_id, l.title, l.owner_name, l.owner_email, l.owner_time_zone,
       l.message_subject, l.message_body, l.expires_at,
       links.state_of(coalesce(l.deactivated_at, r.deactivated_at), l.expires_at) as state,
       (select count(*) from links.share_link_interviews m where m.share_link_id = l.id)::int as interview_count,
       (select i.document #>> '{job,title}' from links.share_link_interviews m
        join links.interviews i on i.account_id = m.account_id and i.id = m.interview_id
        where m.share_link_id = l.id order by m.position limit 1) as job_title
from links.reviewers r
join links.share_links l on l.id = r.share_link_id;

grant select on links.accounts to sharelink_links;
grant select on links.api_keys to sharelink_links;
grant select, insert, update, delete on links.interviews, links.email_templates, links.share_links,
    links.share_link_interviews, links.reviewers to sharelink_links;
grant select on links.doors, links.shared_interviews to sharelink_views;
grant select on links.mail_contexts to sharelink_notifications;
