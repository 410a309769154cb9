-- Plans daily digests, as schedule_mails.sql plans warnings; by itself, so that neither stops the other. For $1 people at most.
with turn as materialized (
    select pg_try_advisory_xact_lock(hashtext('sharelink digest schedule')) as mine
)
select coalesce(p.digests, 0) as planned, coalesce(p.seen = $1::int, false) as is_full
from turn
left join lateral notifications.plan_digests(now(), $1::int) p on mine
