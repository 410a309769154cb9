-- What somebody says by the link in a notice: no more of this link ("" for none), or no more at all. It takes turns with
-- put_preferences.sql.
-- in account_id text, address text, share_link_id text, stops_all bool
with turn as materialized (
    select pg_advisory_xact_lock(hashtext('sharelink preferences ' || :account_id || ' ' || :address))
)
insert into notifications.preferences as p (account_id, address, opens, reviews, muted_share_link_ids, unsubscribed_at)
select :account_id, :address, w.listens, w.listens,
       case when :stops_all then '{}' else array[:share_link_id] end, case when :stops_all then now() end
from (select case when :stops_all then 'off' else 'every' end as listens from turn) w
on conflict (account_id, address) do update
set opens = case when :stops_all then 'off' else p.opens end,
    reviews = case when :stops_all then 'off' else p.reviews end,
    digest = case when :stops_all then 'off' else p.digest end,
    digest_since = case when :stops_all then null else p.digest_since end,
    digest_until = case when :stops_all then null else p.digest_until end,
    muted_share_link_ids = case when :stops_all or :share_link_id = any (p.muted_share_link_ids) then p.muted_share_link_ids
                                else p.muted_share_link_ids || :share_link_id end,
    unsubscribed_at = case when :stops_all then coalesce(p.unsubscribed_at, now()) else p.unsubscribed_at end,
    version = p.version + 1,
    updated_at = now()
