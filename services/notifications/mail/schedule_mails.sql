-- Plans warnings of these links' expiry. Of several links at once one planner at a time, by a lock of this transaction alone; unique
-- keys make each mail once, whoever plans.
-- in  share_link_ids text[]
-- out planned int, is_mine bool
with turn as materialized (
    select cardinality(:share_link_ids) = 1 or pg_try_advisory_xact_lock(hashtext('sharelink mail schedule')) as mine
)
select planned, mine as is_mine
from turn
cross join lateral (select case when mine then notifications.warn_of_expiry(now(), :share_link_ids) else 0 end as planned offset 0) p
