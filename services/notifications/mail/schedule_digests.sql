-- Plans the digests of these people, as schedule_mails.sql plans warnings; by itself, so that neither stops the other. Tells at most
-- told_most things to each: there is more when it says so.
-- in  people text[], told_most int
-- out planned int, is_more bool, is_mine bool
with turn as materialized (
    select cardinality(:people) = 1 or pg_try_advisory_xact_lock(hashtext('sharelink digest schedule')) as mine
),
person as materialized (
    select split_part(p, ' ', 1) as account_id, substr(p, strpos(p, ' ') + 1) as address from unnest(:people) as p order by p
)
select coalesce(sum(d.digests), 0)::int as planned, coalesce(bool_or(d.is_more), false) as is_more, (select mine from turn) as is_mine
from turn
cross join person p
cross join lateral notifications.plan_digest(now(), p.account_id, p.address, :told_most) d
where turn.mine
