-- Forgets stored answers that are older than a day, of all services. Each request with a key takes a few with it; this is for
-- those that no request comes after. Called once an hour by the notifications service's housekeeping.
create function sharelink.forget_idempotent_answers(most int) returns int
language sql volatile security definer set search_path = pg_catalog, pg_temp
begin atomic
    with gone as (
        delete from sharelink.idempotent_answers a
        where a.id in (select o.id from sharelink.idempotent_answers o
                       where o.created_at <= now() - interval '24 hours'
                       order by o.created_at limit most for update skip locked)
        returning 1
    )
    select count(*)::int from gone;
end;
revoke execute on function sharelink.forget_idempotent_answers(int) from public;
grant execute on function sharelink.forget_idempotent_answers(int) to sharelink_notifications;
