-- Digests in portions of which the planner says how large; whoever had a turn counts, whether or not there was anything to tell.

-- A digest that was switched off keeps its digest_since and digest_until until what waits for it has been told.
create index preferences_to_digest on notifications.preferences (account_id, address) where digest_until is not null;
drop index notifications.preferences_with_digest;

-- A digest for everybody who wants one and for whom it has struck eight since the last, and a last one at once for everybody
-- who wants it no more; when something happened to tell of. The notices that it tells of are marked with it, so that each is
-- told once. For so many people at most: seen says how many. Told the time, so that it can be tried.
create function notifications.plan_digests(at timestamptz, most int, out seen int, out digests int)
language sql volatile as $$
    with wanted as materialized (
        select p.account_id, p.address, p.digest, p.digest_since, z.zone, u.until
        from notifications.preferences p
        cross join lateral (
            select coalesce((select l.owner_time_zone from links.mail_links l
                             where l.account_id = p.account_id and lower(l.owner_email) = p.address
                             order by l.created_at desc, l.share_link_id desc limit 1), 'UTC') as zone
            offset 0
        ) z
        cross join lateral (
            select case p.digest when 'daily' then notifications.last_eight(at, z.zone) else at end as until
            offset 0
        ) u
        where p.digest_until is not null and p.unsubscribed_at is null and p.digest_until < u.until
        order by p.digest_until
        limit most
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
    made as materialized (
        select w.*, u.recipient, u.count, sharelink.new_id('dlv_') as id
        from wanted w
        join (select account_id, address, max(recipient) as recipient, count(*)::int as count from untold group by account_id, address) u
            using (account_id, address)
    ),
    told as (
        update notifications.deliveries d set gathered_into = m.id
        from untold u
        join made m using (account_id, address)
        where d.id = u.id
    ),
    moved as (
        update notifications.preferences p
        set digest_since = case w.digest when 'daily' then p.digest_since end,
            digest_until = case w.digest when 'daily' then w.until end
        from wanted w
        where p.account_id = w.account_id and p.address = w.address
    ),
    stored as (
        insert into notifications.deliveries (id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at,
                                              state, next_attempt_at, gathered)
        select id, 'digest:' || account_id || ':' || trim_scale(extract(epoch from until)), 'digest.daily', account_id, 'email', 'digest',
               recipient, jsonb_build_object('time_zone', zone), until, 'pending', now(), count
        from made
        returning 1
    )
    select (select count(*)::int from wanted), (select count(*)::int from stored)
$$;

-- One portion, for a daemon of before, while a new release rolls out.
create or replace function notifications.plan_digests(at timestamptz) returns int
language sql volatile as $$
    select digests from notifications.plan_digests(at, 200)
$$;

-- A digest goes out although it has been switched off since it was planned: nothing else tells of what is in it. As before
-- otherwise.
create or replace function notifications.mail_reason(kind text, data jsonb, recipient text, knows_reviewer boolean, reviewer_state text,
                                                     link links.mail_links, wish notifications.preferences) returns text
language sql stable as $$
    select case when kind in ('invitation', 'opened', 'review', 'access_requested', 'guessing') and not knows_reviewer then 'reviewer_removed'
                when kind not in ('digest', 'webhook_disabled') and link.share_link_id is null then 'link_deleted'
                when kind = 'deactivated' and coalesce(data ->> 'reason', 'manual') = 'manual' then 'manual'
                when recipient = '' then 'no_address'
                when kind = 'invitation' then case when reviewer_state <> 'active' then 'link_' || reviewer_state end
                when wish.unsubscribed_at is not null then 'unsubscribed'
                when kind = 'digest' then case when wish.account_id is null or (wish.opens = 'off' and wish.reviews = 'off') then 'preference_off' end
                when link.share_link_id = any (wish.muted_share_link_ids) then 'muted'
                when kind = 'opened' and wish.opens = 'off' then 'preference_off'
                when kind = 'opened' and wish.opens = 'first' and not coalesce((data ->> 'first')::boolean, false) then 'first_open_only'
                when kind = 'review' and wish.reviews = 'off' then 'preference_off'
                when kind in ('opened', 'review') and wish.digest = 'daily' then 'in_digest'
                when kind = 'expiry_warning' and link.state <> 'active' then 'link_' || link.state
                when kind = 'expiry_warning' and link.expires_at is distinct from (data ->> 'expires_at')::timestamptz then 'expiry_changed' end
$$;
