-- Replaces what a recruiter wants to be told of. Version 0 is the one of whoever never said anything; is_sound false asks for the
-- check of the muted links alone. What is muted already may stay so, whosever the link has become. A digest begins with what happens
-- from now on; who switches it off gets a last one of what was kept for it (notifications.plan_digests).
-- in  account_id text, session_id text?, address text, tags text?, opens text, reviews text, digest text, muted_share_link_ids text[], is_sound bool
-- out outcome: ok | version_mismatch | faulty, version int?, preferences json?, missing json?
with turn as materialized (
    select pg_advisory_xact_lock(hashtext('sharelink preferences ' || :account_id || ' ' || :address))
),
present as materialized (
    select n.version, n.muted_share_link_ids from turn cross join lateral notifications.preferences_now(:account_id, :address) n
),
missing as materialized (
    select m.place - 1 as place from unnest(:muted_share_link_ids) with ordinality as m (id, place)
    where m.id <> '' and not exists (
        select from links.mail_links l
        where l.share_link_id = m.id and l.account_id = :account_id
          and (console.session_reaches(:session_id, 'share_link', m.id)
               or m.id = any ((select p.muted_share_link_ids from present p)::text[])))
),
judged as materialized (
    select case when not :is_sound then 'faulty'
                when sharelink.is_other('v' || coalesce((select version from present), 0), :tags) then 'version_mismatch'
                when exists (select from missing) then 'faulty'
                else 'ok' end as outcome
),
stored as (
    insert into notifications.preferences as p (account_id, address, opens, reviews, digest, muted_share_link_ids, digest_since, digest_until)
    select :account_id, :address, :opens, :reviews, :digest, :muted_share_link_ids,
           case when :digest = 'daily' then now() end, case when :digest = 'daily' then now() end
    from judged where outcome = 'ok'
    on conflict (account_id, address) do update
    set opens = excluded.opens,
        reviews = excluded.reviews,
        digest = excluded.digest,
        muted_share_link_ids = excluded.muted_share_link_ids,
        digest_since = coalesce(p.digest_since, case when excluded.digest = 'daily' then now() end),
        digest_until = coalesce(p.digest_until, case when excluded.digest = 'daily' then now() end),
        unsubscribed_at = null,
        version = p.version + 1,
        updated_at = now()
    returning p
)
select j.outcome, (select (s.p).version from stored s) as version,
       (select notifications.preferences_json(:address, (s.p)) from stored s) as preferences,
       (select json_agg(place order by place) from missing) as missing
from judged j
