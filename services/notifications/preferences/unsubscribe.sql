-- What somebody says by the link in a notice: no more of this link ("" for none), no more at all, a summary a day, or first opens
-- alone; or that it is to be again as it was before. It takes turns with put_preferences.sql. undo comes back with what it takes to put
-- things back: that is taken only while nothing has been changed since. What was kept for a summary meanwhile is told in a last one, and no
-- day twice.
-- in  account_id text, address text, share_link_id text, wish text, before jsonb?
-- out outcome: done | changed, undo json?
with turn as materialized (
    select pg_advisory_xact_lock(hashtext('sharelink preferences ' || :account_id || ' ' || :address))
),
present as materialized (
    select n.* from turn cross join lateral notifications.preferences_now(:account_id, :address) n
),
now_wanted as materialized (
    select coalesce(p.version, 0) as version,
           case when p.unsubscribed_at is null then coalesce(p.opens, 'every') else 'every' end as opens,
           case when p.unsubscribed_at is null then coalesce(p.reviews, 'every') else 'every' end as reviews,
           coalesce(p.opens, 'every') as opens_before, coalesce(p.reviews, 'every') as reviews_before, coalesce(p.digest, 'off') as digest,
           p.digest_since, p.digest_until, p.unsubscribed_at, coalesce(p.muted_share_link_ids, '{}') as muted,
           coalesce(:share_link_id = any (p.muted_share_link_ids), false) as is_muted
    from turn left join present p on true
),
judged as materialized (
    select w.*, :wish <> 'undo' or (cast(:before as jsonb) ->> 'version')::int = w.version as is_good from now_wanted w
),
stored as (
    insert into notifications.preferences as p (account_id, address, opens, reviews, digest, digest_since, digest_until, muted_share_link_ids,
                                                unsubscribed_at)
    select :account_id, :address,
           case :wish when 'all' then 'off' when 'first' then 'first' when 'daily' then j.opens when 'undo' then b.opens else j.opens_before end,
           case :wish when 'all' then 'off' when 'undo' then b.reviews when 'link' then j.reviews_before else j.reviews end,
           case :wish when 'all' then 'off' when 'daily' then 'daily' when 'undo' then b.digest else j.digest end,
           case :wish when 'all' then null when 'daily' then coalesce(j.digest_since, now()) when 'undo' then coalesce(b.digest_since, j.digest_since) else j.digest_since end,
           case :wish when 'all' then null when 'daily' then coalesce(j.digest_until, now()) when 'undo' then greatest(b.digest_until, j.digest_until) else j.digest_until end,
           case when :wish = 'link' and not j.is_muted then j.muted || :share_link_id
                when :wish = 'undo' and not b.is_muted then array_remove(j.muted, :share_link_id) else j.muted end,
           case :wish when 'all' then coalesce(j.unsubscribed_at, now()) when 'undo' then b.unsubscribed_at when 'link' then j.unsubscribed_at end
    from judged j
    left join lateral jsonb_to_record(:before) as b (opens text, reviews text, digest text, digest_since timestamptz,
                                                     digest_until timestamptz, is_muted boolean, unsubscribed_at timestamptz) on true
    where j.is_good
    on conflict (account_id, address) do update
    set opens = excluded.opens,
        reviews = excluded.reviews,
        digest = excluded.digest,
        digest_since = excluded.digest_since,
        digest_until = excluded.digest_until,
        muted_share_link_ids = excluded.muted_share_link_ids,
        unsubscribed_at = excluded.unsubscribed_at,
        version = p.version + 1,
        updated_at = now()
    returning p.version
)
select case when j.is_good then 'done' else 'changed' end as outcome,
       (select json_build_object('version', s.version, 'opens', j.opens_before, 'reviews', j.reviews_before, 'digest', j.digest,
                                 'digest_since', j.digest_since, 'digest_until', j.digest_until, 'is_muted', j.is_muted,
                                 'unsubscribed_at', j.unsubscribed_at) from stored s) as undo
from judged j
