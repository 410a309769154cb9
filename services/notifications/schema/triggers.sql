-- What follows by itself from a change of the notifications service's tables.

-- A delivery that is given up by another way than a claim closes its window, too: what happens later begins a new one.
create or replace function notifications.close_gathering() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    delete from notifications.gatherings where delivery_id = new.id;
    return null;
end
$$;
create or replace trigger close_gathering after update of state on notifications.deliveries
    for each row when (old.gathers and new.state <> 'pending') execute function notifications.close_gathering();

-- Each new version has its own time.
create or replace trigger note_change before update on notifications.preferences
    for each row when (old.version is distinct from new.version) execute function sharelink.note_change();
create or replace trigger note_change before update on notifications.webhook_endpoints
    for each row when (old.version is distinct from new.version) execute function sharelink.note_change();
