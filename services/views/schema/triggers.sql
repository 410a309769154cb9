-- What follows by itself in the views service's tables, from a change of theirs or of others'.

-- A link has its row in views.link_activity from the start, and takes it along.
create or replace function views.follow_links() returns trigger
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
create or replace trigger follow_links after insert or delete on links.share_links for each row execute function views.follow_links();

-- Each new version of a review has its own time.
create or replace trigger note_change before update on views.reviews
    for each row when (old.version is distinct from new.version) execute function sharelink.note_change();
