-- Plans daily digests, as schedule_mails.sql plans warnings; by itself, so that neither stops the other.
with turn as materialized (
    select pg_try_advisory_xact_lock(hashtext('sharelink digest schedule')) as mine
)
select case when mine then notifications.plan_digests(now()) else 0 end as planned
from turn
