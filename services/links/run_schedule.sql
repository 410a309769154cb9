-- One turn of the schedule: tells of expiries that have passed, and switches off links that were active for more than
-- max_age_days; up to most of each. One scheduler at a time, by a lock of this transaction alone, so it needs no session of its
-- own.
-- in  max_age_days int, most int
-- out events json?, happened int, forgotten int?
with turn as materialized (
    select pg_try_advisory_xact_lock(hashtext('sharelink schedule')) as mine
),
due as materialized (
    select l.id, l.expires_at
    from turn cross join lateral (
        select id, expires_at from links.share_links
        where turn.mine and deactivated_at is null and told_expiry is distinct from expires_at and expires_at <= now()
        order by expires_at limit :most
        for update skip locked
    ) l
),
expired as (
    update links.share_links l set told_expiry = l.expires_at, active_since = null
    from due where l.id = due.id
    returning l.id, l.account_id
),
old as materialized (
    select l.id
    from turn cross join lateral (
        select id from links.share_links
        where turn.mine and deactivated_at is null and active_since <= now() - :max_age_days * interval '24 hours'
          and (expires_at is null or expires_at > now())
        order by active_since limit :most
        for update skip locked
    ) l
),
aged as (
    update links.share_links l
    set deactivated_at = now(), version = l.version + 1, updated_at = now(),
        state_reason = jsonb_build_object('code', 'max_age', 'at', sharelink.rfc3339(now()),
                                          'evidence', jsonb_build_object('active_since', sharelink.rfc3339(l.active_since),
                                                                         'days', :max_age_days))
    from old where l.id = old.id
    returning l.id, l.account_id
),
-- Counts of mails whose hour is over.
uncounted as (
    delete from links.mail_requests
    where ctid = any (array(
        select m.ctid from turn cross join lateral (
            select ctid from links.mail_requests where turn.mine and since <= now() - interval '1 hour'
            order by since limit :most
            for update skip locked
        ) m))
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, data)
    select sharelink.new_id('evt_'), account_id, 'link.expired', id, jsonb_build_object('share_link_id', id) from expired
    union all
    select sharelink.new_id('evt_'), account_id, 'link.deactivated', id, jsonb_build_object('share_link_id', id, 'reason', 'max_age') from aged
    returning id, type, events.cloud_event(log) as cloud_event
)
select (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event) order by id) from logged) as events,
       (select count(*) from logged)::int as happened,
       case when (select mine from turn) then views.forget_guesses(:most) end as forgotten
