-- Links whose expiry has passed untold, and those that were active for more than max_age_days; up to most of each, but for those that
-- wait by themselves.
-- in  max_age_days int, most int, waiting_ids text[]
-- out share_link_id text
(select id as share_link_id from links.share_links
 where deactivated_at is null and told_expiry is distinct from expires_at and expires_at <= now()
   and id not in (select unnest(:waiting_ids))
 order by expires_at limit :most)
union all
(select id from links.share_links
 where deactivated_at is null and active_since <= now() - :max_age_days * interval '24 hours'
   and (expires_at is null or expires_at > now())
   and id not in (select unnest(:waiting_ids))
 order by active_since limit :most)
