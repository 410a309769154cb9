-- What the lists of links stand on. Every key that they sort by has a place for what is missing (never opened lies before
-- all times, never expiring after them), and an index in which an account's rows lie in that order. Searches go by trigrams,
-- within the account.

create extension if not exists pg_trgm;
create extension if not exists btree_gin;

create index share_links_by_title on links.share_links (account_id, (lower(title) collate "C"), id);
create index share_links_by_expiry on links.share_links (account_id, (coalesce(expires_at, 'infinity'::timestamptz)), id);
create index share_links_by_owner on links.share_links (account_id, lower(owner_email), created_at desc, id desc);
create index share_links_basic on links.share_links (account_id, created_at desc, id desc) where kind = 'basic';
create index share_links_deactivated on links.share_links (account_id, created_at desc, id desc) where deactivated_at is not null;
create index share_links_by_words on links.share_links using gin (account_id, title gin_trgm_ops);
create index reviewers_by_words on links.reviewers using gin (account_id, name gin_trgm_ops, email gin_trgm_ops);

-- The last open of each link. Every link has its row from the start, so that a list of the never opened is as cheap as any.
create table views.link_activity (
    share_link_id  text        primary key collate "C",
    account_id     text        not null collate "C",
    last_opened_at timestamptz not null default '-infinity'
) with (fillfactor = 80);

insert into views.link_activity (share_link_id, account_id, last_opened_at)
select l.id, l.account_id,
       coalesce((select max(a.last_opened_at) from views.activity a where a.share_link_id = l.id), '-infinity')
from links.share_links l;
create index link_activity_by_time on views.link_activity (account_id, last_opened_at, share_link_id);

create function views.follow_links() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        insert into views.link_activity (share_link_id, account_id) values (new.id, new.account_id) on conflict do nothing;
    else
        delete from views.link_activity where share_link_id = old.id;
    end if;
    return null;
end
$$;
revoke execute on function views.follow_links() from public;
create trigger follow_links after insert or delete on links.share_links for each row execute function views.follow_links();

-- Published for the links service.
create view views.share_link_activity as select share_link_id, account_id, last_opened_at from views.link_activity;

grant select, insert, update on views.link_activity to sharelink_views;
grant select on views.share_link_activity to sharelink_links;

-- Compiling a statement takes longer than any of ours runs, and what it saves we never see.
do $$
declare
    role text;
begin
    foreach role in array array['sharelink_links', 'sharelink_views', 'sharelink_notifications'] loop
        execute format('alter role %I in database %I set jit = off', role, current_database());
    end loop;
end
$$;
