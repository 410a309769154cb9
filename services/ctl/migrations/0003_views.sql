-- What the views service owns: who opened what, and the sessions that came of it.

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

-- One row per reviewer who ever opened: counts without counting.
create table views.activity (
    reviewer_id     text        primary key collate "C",
    share_link_id   text        not null collate "C",
    account_id      text        not null collate "C",
    first_opened_at timestamptz not null default now(),
    last_opened_at  timestamptz not null default now(),
    open_count      bigint      not null
) with (fillfactor = 80);
create index activity_by_link on views.activity (share_link_id);

-- Published for the links service.
create view views.reviewer_activity as
select reviewer_id, share_link_id, first_opened_at, last_opened_at, open_count from views.activity;

-- The extension of a file name alone, so that a hidden name does not leak through it.
create function views.file_extension(file_name text) returns text
language sql immutable
return coalesce(lower(substring(file_name from '\.([A-Za-z0-9]{1,8})$')), 'pdf');

-- The reference by which a page asks for one of an interview's media: the member's place in the link, and a digest that
-- only this link can make. slot: avatar, resume, media:<question id>, captions:<question id>.
create function views.media_ref(salt bytea, place int, slot text) returns text
language sql immutable
return place || '-' || left(encode(sha256(salt || convert_to(place || ' ' || slot, 'UTF8')), 'hex'), 32);

grant select, insert, update on views.visits, views.activity to sharelink_views;
grant select on views.reviewer_activity to sharelink_links;
