-- Mails that time asks for and no event, mails that the service asks for itself, and mails that are not to go out any more.

-- Forgets marks of events that were settled long ago, at most so many. What one of them fails for is no reason to keep the others:
-- then they go one by one, some at a time.
create or replace function notifications.forget_settled(most int, out gone int, out failed int)
language plpgsql as $$
declare
    mark  record;
    state text;
    said  text;
begin
    failed := 0;
    begin
        delete from notifications.settled
        where ctid = any (array(select ctid from notifications.settled where settled_at < now() - interval '8 days'
                               order by settled_at limit most for update skip locked));
        get diagnostics gone = row_count;
        return;
    exception when others then
        state := sqlstate;
        said := sqlerrm;
        gone := 0;
    end;
    for mark in select ctid from notifications.settled where settled_at < now() - interval '8 days'
                order by settled_at limit least(most, 1000) for update skip locked
    loop
        begin
            delete from notifications.settled where ctid = mark.ctid;
            gone := gone + 1;
        exception when others then
            failed := failed + 1;
        end;
    end loop;
    if gone = 0 and failed = 0 then
        raise exception using errcode = state, message = said;
    end if;
end
$$;

-- The last 8 o'clock of a zone that is not after this time, by the zone's own clock; 8 o'clock of UTC where PostgreSQL does not
-- know the zone, as notifications.local_time has it.
create or replace function notifications.last_eight(at timestamptz, zone text) returns timestamptz
language plpgsql stable as $$
begin
    return (select max(eight) from (
                select (date_trunc('day', at at time zone zone) - days * interval '1 day' + interval '8 hours') at time zone zone as eight
                from generate_series(0, 1) as days) both_days
            where eight <= at);
exception when invalid_parameter_value then
    return notifications.last_eight(at, 'UTC');
end
$$;

-- One warning for each link and expiry.
create or replace function notifications.warning_id(share_link_id text, expires_at timestamptz) returns text
language sql immutable
return 'expires_soon:' || share_link_id || ':' || extract(epoch from expires_at)::numeric(20, 6);

-- Links that expire within so many hours and whose owner has not been warned of it, at most so many; but for those that wait by
-- themselves. Told the time, so that it can be tried.
create or replace function notifications.links_to_warn(at timestamptz, hours int, most int, waiting_ids text[]) returns setof text
language sql stable as $$
    select l.share_link_id
    from links.mail_links l
    where l.deactivated_at is null and l.kind = 'advanced' and l.expires_at > at and l.expires_at <= at + hours * interval '1 hour'
      and not exists (select from notifications.deliveries d
                      where d.event_id = notifications.warning_id(l.share_link_id, l.expires_at) and d.channel = 'email')
      and l.share_link_id not in (select unnest(waiting_ids))
    order by l.expires_at
    limit most
$$;

-- Warns of the expiry of these links, unless they have expired or been switched off meanwhile. How many it has warned of.
create or replace function notifications.warn_of_expiry(at timestamptz, share_link_ids text[]) returns int
language sql volatile as $$
    with soon as (
        select l, notifications.warning_id(l.share_link_id, l.expires_at) as event_id,
               jsonb_build_object('share_link_id', l.share_link_id, 'expires_at', l.expires_at) as data
        from unnest(share_link_ids) as i (id)
        join links.mail_links l on l.share_link_id = i.id
        where l.deactivated_at is null and l.expires_at > at
    ),
    planned as (
        select s.*, notifications.mail_reason('expiry_warning', s.data, coalesce((s.l).owner_email, ''), true, null, s.l, p) as reason
        from soon s
        left join notifications.preferences p
            on p.account_id = (s.l).account_id and p.address = (s.l).owner_email
        where not exists (select from notifications.deliveries d where d.event_id = s.event_id and d.channel = 'email')
    ),
    stored as (
        insert into notifications.deliveries (id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at,
                                              share_link_id, state, reason, next_attempt_at)
        select sharelink.new_id('dlv_'), event_id, 'link.expires_soon', (l).account_id, 'email', 'expiry_warning',
               coalesce((l).owner_email, ''), data, at, (l).share_link_id, case when reason is null then 'pending' else 'skipped' end, reason,
               case when reason is null then now() end
        from planned
        on conflict do nothing
        returning 1
    )
    select count(*)::int from stored
$$;

-- Both, as the service does one after the other.
create or replace function notifications.plan_expiry_warnings(at timestamptz, hours int) returns int
language sql volatile as $$
    select notifications.warn_of_expiry(at, array(select notifications.links_to_warn(at, hours, 500, '{}')))
$$;

-- The zone of an owner, by the latest link of this address.
create or replace function notifications.owner_zone(of_account_id text, of_address text) returns text
language sql stable as $$
    select coalesce((select l.owner_time_zone from links.mail_links l
                     where l.account_id = of_account_id and l.owner_email = of_address
                     order by l.created_at desc, l.share_link_id desc limit 1), 'UTC')
$$;

-- Who has a digest due: everybody who wants one and for whom it has struck eight since the last, and everybody who wants it no more,
-- for a last one. So many at most, who has waited longest first; but for those that wait by themselves, each as
-- 'account address'. Told the time, so that it can be tried.
create or replace function notifications.due_digests(at timestamptz, most int, waiting text[])
returns table (account_id text, address text)
language sql stable as $$
    select p.account_id, p.address
    from notifications.preferences p
    cross join lateral (
        select case p.digest when 'daily' then notifications.last_eight(at, notifications.owner_zone(p.account_id, p.address)) else at end as until
        offset 0
    ) u
    where p.digest_until is not null and p.unsubscribed_at is null and p.digest_until < u.until
      and p.account_id || ' ' || p.address not in (select unnest(waiting))
    order by p.digest_until
    limit most
$$;

-- Makes somebody's digest, when something happened to tell of. The notices that it tells of are marked with it, so that each is told
-- once: so many of them at a time, and there are more when it says so. Until the last of them is marked it waits, with no time at
-- which it is to be sent, and its own end of the day.
create or replace function notifications.plan_digest(at timestamptz, of_account_id text, of_address text, most int,
                                                     out digests int, out is_more boolean)
language plpgsql volatile as $$
declare
    wish      notifications.preferences;
    zone      constant text := notifications.owner_zone(of_account_id, of_address);
    until     timestamptz;
    begun_id  text;
    new_id    constant text := sharelink.new_id('dlv_');
    marked    int;
    its_recipient text;
begin
    digests := 0;
    is_more := false;
    select * into wish from notifications.preferences p
    where p.account_id = of_account_id and p.address = of_address and p.digest_until is not null and p.unsubscribed_at is null
    for no key update;
    if not found then
        return;
    end if;
    select d.id, d.happened_at into begun_id, until from notifications.deliveries d
    where d.channel = 'email' and d.state = 'pending' and d.next_attempt_at is null and d.kind = 'digest'
      and d.account_id = of_account_id and d.recipient = of_address;
    if begun_id is null then
        until := case wish.digest when 'daily' then notifications.last_eight(at, zone) else at end;
        if wish.digest_until >= until then
            return;
        end if;
    end if;
    with next as materialized (
        select d.id from notifications.deliveries d
        where d.account_id = of_account_id and d.recipient = of_address
          and d.reason = 'in_digest' and d.gathered_into is null
          and d.happened_at >= wish.digest_since and d.happened_at < until
        order by d.happened_at
        limit most
    ),
    untold as materialized (
        select d.id from next n
        join notifications.deliveries d on d.id = n.id
        order by d.id
        for no key update of d
    ),
    told as (
        update notifications.deliveries d set gathered_into = coalesce(begun_id, new_id)
        from untold u
        where d.id = u.id
        returning d.recipient
    )
    select count(*), max(recipient) into marked, its_recipient from told;
    is_more := marked = most;
    if begun_id is not null then
        update notifications.deliveries d
        set gathered = d.gathered + marked, next_attempt_at = case when not is_more then now() end
        where d.id = begun_id;
    elsif marked > 0 then
        insert into notifications.deliveries (id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at,
                                              state, next_attempt_at, gathered)
        values (new_id, 'digest:' || of_account_id || ':' || trim_scale(extract(epoch from until)), 'digest.daily', of_account_id,
                'email', 'digest', its_recipient, jsonb_build_object('time_zone', zone), until, 'pending', case when not is_more then now() end, marked);
    end if;
    if not is_more then
        digests := (begun_id is not null or marked > 0)::int;
        update notifications.preferences p
        set digest_since = case when wish.digest = 'daily' or begun_id is not null then p.digest_since end,
            digest_until = case when wish.digest = 'daily' or begun_id is not null then until end
        where p.account_id = of_account_id and p.address = of_address;
    end if;
end
$$;

-- Both, for so many people at most, as the service does one after the other: seen says how many had a turn, whether or not there
-- was anything to tell.
create or replace function notifications.plan_digests(at timestamptz, most int, out seen int, out digests int)
language sql volatile as $$
    select count(*)::int, coalesce(sum(d.digests), 0)::int
    from notifications.due_digests(at, most, '{}') p
    cross join lateral notifications.plan_digest(at, p.account_id, p.address, 100000) d
$$;

-- Tells of a webhook endpoint that was switched off: the owner of the account's most recent link that has one, for the
-- account itself has no address. cause: gone or failing, which the mail says in words. Called by whoever switches it off, in the
-- same transaction; the delivery's id.
create or replace function notifications.tell_webhook_disabled(of_account_id text, endpoint_id text, endpoint_host text, cause text)
returns text
language sql volatile as $$
    insert into notifications.deliveries (id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at, state,
                                          reason, next_attempt_at)
    select sharelink.new_id('dlv_'), 'webhook_disabled:' || endpoint_id || ':' || extract(epoch from now())::numeric(20, 6),
           'webhook.disabled', of_account_id, 'email', 'webhook_disabled', r.recipient,
           jsonb_build_object('endpoint_id', endpoint_id, 'host', endpoint_host, 'cause', cause, 'owner_name', l.owner_name,
                              'time_zone', coalesce(l.owner_time_zone, 'UTC')),
           now(), case when j.reason is null then 'pending' else 'skipped' end, j.reason, case when j.reason is null then now() end
    from (select 1) one
    left join lateral (
        select * from links.mail_links m where m.account_id = of_account_id and m.owner_email is not null
        order by m.created_at desc, m.share_link_id desc limit 1
    ) l on true
    cross join lateral (select coalesce(l.owner_email, '') as recipient) r
    left join notifications.preferences p on p.account_id = of_account_id and p.address = r.recipient
    cross join lateral (select notifications.mail_reason('webhook_disabled', null, r.recipient, true, null, null, p) as reason) j
    returning id
$$;

-- Published for the links service: mails that wait are not sent any more when they are about this interview, or invite to
-- a link that has nothing left to show. A mail that tells of several interviews goes on telling of the others. Mails in a
-- sender's hands are on their way already.
create or replace function notifications.drop_mails_of_candidate(of_account_id text, of_interview_id text, share_link_ids text[], emptied_ids text[])
returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    dropped int;
begin
    update notifications.deliveries d
    set state = 'skipped', reason = 'candidate_erased'
    from (
        select w.id from notifications.deliveries w
        where w.account_id = of_account_id and w.share_link_id = any (share_link_ids) and w.state = 'pending' and w.channel = 'email'
          and (w.lease_until is null or w.lease_until < now())
          and ((w.event_data ->> 'interview_id' = of_interview_id
                and not exists (select from notifications.gatherings g where g.delivery_id = w.id and g.items <> array[of_interview_id]))
               or (w.kind = 'invitation' and w.share_link_id = any (emptied_ids)))
        order by w.id
        for update skip locked
    ) waiting
    where d.id = waiting.id;
    get diagnostics dropped = row_count;
    return dropped;
end
$$;
