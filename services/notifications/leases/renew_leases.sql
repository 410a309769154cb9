-- Keeps the leases of deliveries that are still in this process's hands, and says of each whether it is still ours: a row that
-- somebody has locked (busy) is left alone, its lease runs on. A plain comparison of the state would allow a plan that reads
-- all that is pending: it is made once (ctl/schema/roles.sql).
-- in  delivery_ids text[], lease_holder text, lease_s int
-- out place int, state: renewed | busy | lost
with held as materialized (
    select id from notifications.deliveries
    where id = any (:delivery_ids) and lease_holder = :lease_holder and state is not distinct from 'pending'
    order by id
    for no key update skip locked
),
renewed as (
    update notifications.deliveries d
    set lease_until = now() + :lease_s * interval '1 second'
    from held
    where d.id = held.id
    returning d.id
)
select i.place::int as place,
       case when i.id in (select id from renewed) then 'renewed'
            when d.lease_holder = :lease_holder and d.state = 'pending' then 'busy'
            else 'lost' end as state
from unnest(:delivery_ids) with ordinality as i (id, place)
left join lateral (select d.lease_holder, d.state from notifications.deliveries d where d.id = i.id limit 1) d on true
