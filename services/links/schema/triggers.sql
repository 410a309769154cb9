-- What follows by itself from a change of the links service's tables.

create or replace function links.count_document_change() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into links.document_versions as v (account_id) values (old.account_id)
    on conflict (account_id) do update set version = v.version + 1
        where v.xmin <> pg_current_xact_id()::xid; -- once for all that a transaction changes
    return null;
end
$$;
create or replace trigger document_changes after update of document on links.interviews
    for each row when (old.document is distinct from new.document) execute function links.count_document_change();
create or replace trigger document_goes after delete on links.interviews for each row execute function links.count_document_change();

-- A link that comes to life again is young again.
create or replace function links.note_revival() returns trigger
language plpgsql as $$
begin
    if new.deactivated_at is null
       and (old.deactivated_at is not null or (old.expires_at <= now() and new.expires_at is distinct from old.expires_at)) then
        new.active_since := now();
    end if;
    return new;
end
$$;
create or replace trigger note_revival before update of deactivated_at, expires_at on links.share_links
    for each row execute function links.note_revival();

-- Each new version has its own time.
create or replace trigger note_change before update on links.accounts
    for each row when (old.version is distinct from new.version) execute function sharelink.note_change();
create or replace trigger note_change before update on links.interviews
    for each row when (old.version is distinct from new.version) execute function sharelink.note_change();
create or replace trigger note_change before update on links.email_templates
    for each row when (old.version is distinct from new.version) execute function sharelink.note_change();
create or replace trigger note_change before update on links.share_links
    for each row when (old.version is distinct from new.version) execute function sharelink.note_change();
