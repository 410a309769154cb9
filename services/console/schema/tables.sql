-- What the console service owns: the sessions in which recruiters work in the console.
--
-- A session belongs to the key that asked for it and ends with it. Of its code, which stands in the URL, and of the tokens that
-- its page was given for it, digests alone are kept. What has ended stays for some days, so that its page can say so.

create table console.sessions (
    id              text        primary key collate "C",
    account_id      text        not null collate "C" references links.accounts on delete cascade,
    key_id          text        not null collate "C",
    -- Whose session it is: the owner of what is made in it. The address in the one form in which they are compared.
    recruiter_email text        not null collate "C",
    recruiter_name  text,
    time_zone       text        not null,
    -- Where it begins.
    view            text        not null check (view in ('share', 'links', 'link', 'templates', 'preferences')),
    interview_ids   text[]      not null collate "C",
    share_link_id   text        collate "C",
    -- What may be done in it, besides reading, and whether it sees the recruiter's own or all of the account.
    may             text[]      not null check (may <@ array['share', 'manage', 'templates']),
    sees            text        not null check (sees in ('own', 'all')),
    -- Opened from a mail, which others may read: that one link alone, and nobody's URL or passcode.
    is_from_mail    boolean     not null default false,
    origin          text,
    return_url      text,
    locale          text        collate "C",
    scheme          text        not null check (scheme in ('light', 'dark', 'auto')),
    accent          text        check (accent ~ '^#[0-9a-f]{6}$'),
    code_hash       bytea       not null,
    code_until      timestamptz not null,
    first_used_at   timestamptz,
    token_hashes    bytea[]     not null default '{}',
    created_at      timestamptz not null default now(),
    expires_at      timestamptz not null,
    ended_at        timestamptz
);
create index sessions_by_account on console.sessions (account_id, expires_at);
create index sessions_by_recruiter on console.sessions (account_id, recruiter_email, expires_at);
create index sessions_by_expiry on console.sessions (expires_at);
