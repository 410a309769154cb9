-- What runs by the clock takes a bounded number at a time, so that none is ever too much for one statement, and goes on at once
-- while there is more. Who switches the digest off gets a last one, of what was kept for it.

-- The house-keeping must not queue up before all who write to the log when a backup reads it.
alter function events.ensure_partitions(int) set lock_timeout = '100ms';

-- 8 o'clock of UTC where PostgreSQL does not know the zone, as notifications.local_time has it.
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

-- Stable, so that it becomes part of the statement that asks, as before.
create or replace function notifications.mail_reason(kind text, data jsonb, recipient text, knows_reviewer boolean, reviewer_state text,
                                                     link links.mail_links, wish notifications.preferences) returns text
language sql stable as $$
    select case when kind in ('invitation', 'opened', 'review', 'access_requested', 'guessing') and not knows_reviewer then 'reviewer_removed'
                when kind not in ('digest', 'webhook_disabled') and link.share_link_id is null then 'link_deleted'
                when kind = 'deactivated' and coalesce(data ->> 'reason', 'manual') = 'manual' then 'manual'
                when recipient = '' then 'no_address'
                when kind = 'invitation' then case when reviewer_state <> 'active' then 'link_' || reviewer_state end
                when wish.unsubscribed_at is not null then 'unsubscribed'
                when kind = 'digest' then case when wish.digest is distinct from 'daily' and not coalesce((data ->> 'is_last')::boolean, false)
                                               then 'preference_off' end
                when link.share_link_id = any (wish.muted_share_link_ids) then 'muted'
                when kind = 'opened' and wish.opens = 'off' then 'preference_off'
                when kind = 'opened' and wish.opens = 'first' and not coalesce((data ->> 'first')::boolean, false) then 'first_open_only'
                when kind = 'review' and wish.reviews = 'off' then 'preference_off'
                when kind in ('opened', 'review') and wish.digest = 'daily' then 'in_digest'
                when kind = 'expiry_warning' and link.state <> 'active' then 'link_' || link.state
                when kind = 'expiry_warning' and link.expires_at is distinct from (data ->> 'expires_at')::timestamptz then 'expiry_changed' end
$$;

-- Warns of links that expire within so many hours, once per link and expiry. Told the time, so that it can be tried.
create or replace function notifications.plan_expiry_warnings(at timestamptz, hours int) returns int
language sql volatile as $$
    with soon as (
        select l, 'expires_soon:' || l.share_link_id || ':' || extract(epoch from l.expires_at)::numeric(20, 6) as event_id,
               jsonb_build_object('share_link_id', l.share_link_id, 'expires_at', l.expires_at) as data
        from links.mail_links l
        where l.deactivated_at is null and l.kind = 'advanced' and l.expires_at > at and l.expires_at <= at + hours * interval '1 hour'
    ),
    planned as (
        select s.*, notifications.mail_reason('expiry_warning', s.data, coalesce((s.l).owner_email, ''), true, null, s.l, p) as reason
        from soon s
        left join notifications.preferences p
            on p.account_id = (s.l).account_id and p.address = lower((s.l).owner_email collate "C")
        where not exists (select from notifications.deliveries d where d.event_id = s.event_id and d.channel = 'email')
        limit 500
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

-- A digest for everybody who wants one, for whom it has struck eight since the last, and to whom something happened; at once
-- for who does not want one any more. The notices that it tells of are marked with it, so that each is told once. Told the
-- time, so that it can be tried.
create or replace function notifications.plan_digests(at timestamptz) returns int
language sql volatile as $$
    with wanted as materialized (
        select p.account_id, p.address, p.digest_since, z.zone, p.digest <> 'daily' as is_last,
               case p.digest when 'daily' then notifications.last_eight(at, z.zone) else at end as until
        from notifications.preferences p
        cross join lateral (
            select coalesce((select l.owner_time_zone from links.mail_links l
                             where l.account_id = p.account_id and lower(l.owner_email) = p.address
                             order by l.created_at desc, l.share_link_id desc limit 1), 'UTC') as zone
        ) z
        where p.unsubscribed_at is null
          and p.digest_until < case p.digest when 'daily' then notifications.last_eight(at, z.zone) else at end
        order by p.digest_until
        limit 500
        for update of p skip locked
    ),
    untold as materialized (
        select w.account_id, w.address, d.id, d.recipient
        from wanted w
        join notifications.deliveries d
            on d.account_id = w.account_id and lower(d.recipient collate "C") = w.address
            and d.reason = 'in_digest' and d.gathered_into is null
            and d.happened_at >= w.digest_since and d.happened_at < w.until
    ),
    digests as materialized (
        select w.*, u.recipient, u.count, sharelink.new_id('dlv_') as id
        from wanted w
        join (select account_id, address, max(recipient) as recipient, count(*)::int as count from untold group by account_id, address) u
            using (account_id, address)
    ),
    told as (
        update notifications.deliveries d set gathered_into = g.id
        from untold u
        join digests g using (account_id, address)
        where d.id = u.id
    ),
    moved as (
        update notifications.preferences p
        set digest_until = case when not w.is_last then w.until end, digest_since = case when not w.is_last then p.digest_since end
        from wanted w
        where p.account_id = w.account_id and p.address = w.address
    ),
    stored as (
        insert into notifications.deliveries (id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at,
                                              state, next_attempt_at, gathered)
        select id, 'digest:' || account_id || ':' || extract(epoch from until)::bigint, 'digest.daily', account_id, 'email', 'digest',
               recipient, jsonb_build_object('time_zone', zone, 'is_last', is_last), until, 'pending', now(), count
        from digests
        returning 1
    )
    select count(*)::int from stored
$$;
