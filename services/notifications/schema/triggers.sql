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

-- What happened first is told first. A mail that tells of another thing about the link than those that gather ends their windows, and
-- waits until they are out: it becomes due when the last of them has had its try, and after a minute in any case, whatever holds those
-- up; feedback, which has to rest, waits anyway. Of a reviewer's mail those of the same reviewer go first; of a link's, all. Rows that somebody has locked at this moment are being
-- added to, or are on their way: they are left alone, so that nothing waits here.
create or replace function notifications.let_earlier_go_first() returns trigger
language plpgsql as $$
declare
    first_ids text[];
begin
    with waiting as materialized (
        select d.id from notifications.deliveries d
        where d.share_link_id = new.share_link_id and d.state = 'pending' and d.channel = 'email' and d.gathers
          and d.recipient = new.recipient and d.kind <> new.kind and d.lease_until is null
          and (new.reviewer_id is null or d.reviewer_id = new.reviewer_id)
          and not (d.kind in ('review', 'completed') and new.kind in ('review', 'completed'))
    ),
    windows as materialized (
        select g.key, g.delivery_id from notifications.gatherings g
        where g.delivery_id in (select id from waiting)
        order by g.key
        for update skip locked
    ),
    carriers as materialized (
        select d.id from notifications.deliveries d
        where d.id in (select delivery_id from windows) and d.state is not distinct from 'pending'
        order by d.id
        for no key update skip locked
    ),
    ended as (
        update notifications.gatherings g set due_at = least(g.due_at, now())
        from windows w, carriers c
        where g.key = w.key and c.id = w.delivery_id
    ),
    hastened as (
        update notifications.deliveries d
        set next_attempt_at = least(d.next_attempt_at, now()), followers = d.followers || new.id
        from carriers c
        where d.id = c.id
        returning d.id
    )
    select array_agg(id) into first_ids from hastened;
    if first_ids is not null and not new.gathers then
        new.attempts := 0;
        new.lease_until := null;
        new.lease_holder := null;
        new.next_attempt_at := now() + interval '1 minute';
    end if;
    return new;
end
$$;
create or replace trigger let_earlier_go_first before insert on notifications.deliveries
    for each row when (new.channel = 'email' and new.state = 'pending' and new.share_link_id is not null
                       and new.kind in ('review', 'completed', 'access_requested', 'guessing', 'deactivated', 'expiry_warning'))
    execute function notifications.let_earlier_go_first();

-- The mail has had its try, or none is to be: what has waited for it goes out. That is waited for once: who has had a try has a time of
-- its own for the next, and further tries of the others use none of those up.
create or replace function notifications.let_followers_go() returns trigger
language plpgsql as $$
begin
    update notifications.deliveries d set next_attempt_at = least(d.next_attempt_at, now())
    from (
        select w.id from notifications.deliveries w
        where w.id = any (new.followers) and w.state is not distinct from 'pending' and w.lease_until is null and w.attempts = 0
          and not w.gathers
          and not exists (
              select from notifications.deliveries e
              where e.share_link_id = w.share_link_id and e.state is not distinct from 'pending' and e.followers @> array[w.id]
                and (e.attempts = 0 or e.lease_until is not null))
        order by w.id
        for no key update skip locked
    ) waiting
    where d.id = waiting.id;
    return null;
end
$$;
create or replace trigger let_followers_go after update on notifications.deliveries
    for each row when (new.followers is not null and (new.state <> 'pending' or (old.lease_until is not null and new.lease_until is null)))
    execute function notifications.let_followers_go();

-- Each new version has its own time.
create or replace trigger note_change before update on notifications.preferences
    for each row when (old.version is distinct from new.version) execute function sharelink.note_change();
create or replace trigger note_change before update on notifications.webhook_endpoints
    for each row when (old.version is distinct from new.version) execute function sharelink.note_change();
