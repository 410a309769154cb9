-- Between what a time bounds a list whose order is nearly that of time: rows beyond it need not be looked at.

-- Below no event of the account that was written since then, in the order of commits. What few there are is looked at. Of many, that
-- order is known well enough: no statement runs for ten minutes, so what began before is over when one begins that long after it.
create or replace function notifications.first_xid_since(of_account_id text, since timestamptz) returns xid8
language plpgsql stable as $$
declare
    first    xid8;
    is_whole boolean;
begin
    select min(n.xid), count(*) < 500 into first, is_whole
    from (select l.xid from events.log l where l.account_id = of_account_id and l.created_at >= since order by l.created_at, l.id limit 500) n;
    if is_whole then
        return coalesce(first, '18446744073709551615');
    end if;
    return least(first, coalesce((
        select l.xid from events.log l
        where l.account_id = of_account_id and l.created_at < since - interval '10 minutes'
        order by l.created_at desc, l.id desc limit 1), '0'));
end
$$;

-- The same of events before that time: none is above it.
create or replace function notifications.last_xid_before(of_account_id text, before timestamptz) returns xid8
language plpgsql stable as $$
declare
    last     xid8;
    is_whole boolean;
begin
    select max(n.xid), count(*) < 500 into last, is_whole
    from (select l.xid from events.log l where l.account_id = of_account_id and l.created_at < before order by l.created_at desc, l.id desc limit 500) n;
    if is_whole then
        return coalesce(last, '0');
    end if;
    return greatest(last, coalesce((
        select l.xid from events.log l
        where l.account_id = of_account_id and l.created_at > before + interval '10 minutes'
        order by l.created_at, l.id limit 1), '18446744073709551615'));
end
$$;

-- The same of deliveries, whose id is as old as they are, or as their event: those that came long after it are few, and looked at. The
-- least of bare ids would be looked for in their order, among all there are.
create or replace function notifications.first_delivery_since(of_account_id text, since timestamptz) returns text
language sql stable as $$
    select least(sharelink.first_id('dlv_', since - interval '10 minutes'), (
        select min(d.id || '') from notifications.deliveries d
        where d.account_id = of_account_id and d.created_at >= since
          and (d.created_at - d.happened_at > interval '10 minutes' or d.created_at - d.happened_at < interval '-10 minutes')))
$$;

create or replace function notifications.last_delivery_before(of_account_id text, before timestamptz) returns text
language sql stable as $$
    select greatest(sharelink.first_id('dlv_', before + interval '10 minutes'), (
        select max(d.id || '') from notifications.deliveries d
        where d.account_id = of_account_id and d.created_at < before
          and (d.created_at - d.happened_at > interval '10 minutes' or d.created_at - d.happened_at < interval '-10 minutes')))
$$;
