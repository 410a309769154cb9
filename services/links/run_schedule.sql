-- What time does to these links: tells of an expiry that has passed, and switches off a link that was active for more than
-- max_age_days. One that has changed meanwhile is left alone. Of several links at once one scheduler at a time, by a lock of this
-- transaction alone, so it needs no session of its own.
-- in  share_link_ids text[], max_age_days int
-- out events json?, happened int, is_mine bool
with turn as materialized (
    select cardinality(:share_link_ids) = 1 or pg_try_advisory_xact_lock(hashtext('sharelink schedule')) as mine
),
due as materialized (
    select l.id, l.expires_at, coalesce(l.expires_at <= now(), false) as is_expired
    from turn cross join lateral (
        select id, expires_at from links.share_links
        where turn.mine and id = any (:share_link_ids) and deactivated_at is null
          and case when expires_at <= now() then told_expiry is distinct from expires_at
                   else active_since <= now() - :max_age_days * interval '24 hours' end
        order by id
        for update
    ) l
),
expired as (
    update links.share_links l set told_expiry = l.expires_at, active_since = null
    from due where l.id = due.id and due.is_expired
    returning l.id, l.account_id
),
aged as (
    update links.share_links l
    set deactivated_at = now(), version = l.version + 1, updated_at = now(),
        state_reason = jsonb_build_object('code', 'max_age', 'at', sharelink.rfc3339(now()),
                                          'evidence', jsonb_build_object('active_since', sharelink.rfc3339(l.active_since),
                                                                         'days', :max_age_days))
    from due where l.id = due.id and not due.is_expired
    returning l.id, l.account_id
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
       (select mine from turn) as is_mine
