-- Plans daily digests, as schedule_mails.sql plans warnings; by itself, so that neither stops the other. For people_max people at
-- most.
-- in  people_max int
-- out planned int, is_full bool
with turn as materialized (
    select pg_try_advisory_xact_lock(hashtext('sharelink digest schedule')) as mine
)
select coalesce(p.digests, 0) as planned, coalesce(p.seen = :people_max, false) as is_full
from turn
left join lateral notifications.plan_digests(now(), :people_max) p on mine
