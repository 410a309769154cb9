-- Replaces what a recruiter wants to be told of. $1 the account, $2 the address, $3 the version that If-Match names (null: any;
-- 0: none was ever set), $4 opens, $5 reviews, $6 digest, $7 the ids of muted links, $8 false asks for their check alone. A
-- digest begins with what happens from now on; who switches it off gets a last one of what was kept for it
-- (notifications.plan_digests).
with missing as materialized (
    select m.place - 1 as place from unnest($7::text[]) with ordinality as m (id, place)
    where m.id <> '' and not exists (select from links.mail_links l where l.share_link_id = m.id and l.account_id = $1)
),
turn as materialized (
    select pg_advisory_xact_lock(hashtext('sharelink preferences ' || $1 || ' ' || lower($2::text collate "C")))
),
present as materialized (
    select n.version from turn cross join lateral notifications.preferences_now($1, lower($2::text collate "C")) n
),
judged as materialized (
    select case when not $8::boolean then 'faulty'
                when $3::int is not null and $3::int <> coalesce((select version from present), 0) then 'version_mismatch'
                when exists (select from missing) then 'faulty'
                else 'ok' end as outcome
),
stored as (
    insert into notifications.preferences as p (account_id, address, opens, reviews, digest, muted_share_link_ids, digest_since, digest_until)
    select $1, lower($2::text collate "C"), $4, $5, $6, $7::text[], case when $6 = 'daily' then now() end, case when $6 = 'daily' then now() end
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
       (select notifications.preferences_json($2::text, (s.p)) from stored s) as preferences,
       (select json_agg(place order by place) from missing) as missing
from judged j
