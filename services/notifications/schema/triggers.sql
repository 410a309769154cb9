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

-- Another delivery carries the window's mail from now on: the one before has been gathered like the others, into the new one. It waits
-- for nobody: what somebody else holds at this moment goes out by itself.
create or replace function notifications.replace_carrier() returns trigger
language plpgsql as $$
begin
    update notifications.deliveries d
    set state = case when d.id = old.delivery_id then 'skipped' else d.state end,
        reason = case when d.id = old.delivery_id then 'gathered' else d.reason end,
        gathers = d.gathers and d.id <> old.delivery_id,
        gathered_into = new.delivery_id
    from (
        select w.id from notifications.deliveries w
        where (w.id = old.delivery_id and w.state = 'pending') or w.gathered_into = old.delivery_id
        order by w.id
        for update skip locked
    ) waiting
    where d.id = waiting.id;
    return null;
end
$$;
create or replace trigger replace_carrier after update of delivery_id on notifications.gatherings
    for each row when (old.delivery_id <> new.delivery_id) execute function notifications.replace_carrier();

-- Each new version has its own time.
create or replace trigger note_change before update on notifications.preferences
    for each row when (old.version is distinct from new.version) execute function sharelink.note_change();
create or replace trigger note_change before update on notifications.webhook_endpoints
    for each row when (old.version is distinct from new.version) execute function sharelink.note_change();
