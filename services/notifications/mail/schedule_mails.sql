-- Plans expiry warnings, so many hours before. One planner at a time, by a lock of this transaction alone; unique keys make each
-- mail once, whoever plans. There may be more as long as there are any.
-- in  expiry_warning_hours int
-- out planned int, is_full bool
with turn as materialized (
    select pg_try_advisory_xact_lock(hashtext('sharelink mail schedule')) as mine
)
select planned, planned > 0 as is_full
from turn
cross join lateral (select case when mine and :expiry_warning_hours > 0 then notifications.plan_expiry_warnings(now(), :expiry_warning_hours) else 0 end as planned offset 0) p
