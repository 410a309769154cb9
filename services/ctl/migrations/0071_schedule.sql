-- What time does to share links: an expiry is told of, and a link that was active for too long is switched off.

-- active_since: null once the expiry was told. told_expiry: the expiry that was told.
alter table links.share_links
    add column active_since timestamptz default now(),
    add column told_expiry  timestamptz;
update links.share_links set active_since = created_at;

create index share_links_expiry_untold on links.share_links (expires_at)
    where deactivated_at is null and told_expiry is distinct from expires_at;
create index share_links_by_age on links.share_links (active_since) where deactivated_at is null;

-- A link that comes to life again is young again.
create function links.note_revival() returns trigger
language plpgsql as $$
begin
    if new.deactivated_at is null
       and (old.deactivated_at is not null or (old.expires_at <= now() and new.expires_at is distinct from old.expires_at)) then
        new.active_since := now();
    end if;
    return new;
end
$$;
create trigger note_revival before update of deactivated_at, expires_at on links.share_links
    for each row execute function links.note_revival();

-- Published for the links service: who opened when, from where.
create view views.published_visits as
select id, account_id, share_link_id, reviewer_id, opened_at, is_first, network, device from views.visits;
grant select on views.published_visits to sharelink_links;
create index visits_by_time on views.visits (share_link_id, opened_at, id);
