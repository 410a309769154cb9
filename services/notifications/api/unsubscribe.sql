-- What somebody says by the link in a notice: no more of this link ($3; "" for none), or no more at all. $1 the account, $2 the
-- address, $4 link or all. It takes turns with put_preferences.sql.
with turn as materialized (
    select pg_advisory_xact_lock(hashtext('sharelink preferences ' || $1 || ' ' || lower($2::text collate "C")))
)
insert into notifications.preferences as p (account_id, address, opens, reviews, muted_share_link_ids, unsubscribed_at)
select $1, lower($2::text collate "C"), w.listens, w.listens, case when w.stops_all then '{}' else array[$3::text] end, case when w.stops_all then now() end
from (select case when $4 = 'all' then 'off' else 'every' end as listens, $4 = 'all' as stops_all from turn) w
on conflict (account_id, address) do update
set opens = case when $4 = 'all' then 'off' else p.opens end,
    reviews = case when $4 = 'all' then 'off' else p.reviews end,
    digest = case when $4 = 'all' then 'off' else p.digest end,
    digest_since = case when $4 = 'all' then null else p.digest_since end,
    digest_until = case when $4 = 'all' then null else p.digest_until end,
    muted_share_link_ids = case when $4 = 'all' or $3 = any (p.muted_share_link_ids) then p.muted_share_link_ids
                                else p.muted_share_link_ids || $3::text end,
    unsubscribed_at = case when $4 = 'all' then coalesce(p.unsubscribed_at, now()) else p.unsubscribed_at end,
    version = p.version + 1,
    updated_at = now()
