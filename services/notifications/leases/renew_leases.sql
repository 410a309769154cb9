-- Keeps the leases of deliveries that are still in this process's hands. A row that somebody else has at this moment is left for the
-- next time, so that it costs no other its lease. A plain comparison of the state would allow a plan that
-- reads all that is pending: it is made once (ctl/schema/roles.sql).
-- in delivery_ids text[], lease_holder text, lease_s int
with held as materialized (
    select id from notifications.deliveries
    where id = any (:delivery_ids) and lease_holder = :lease_holder and state is not distinct from 'pending'
    order by id
    for no key update skip locked
)
update notifications.deliveries d
set lease_until = now() + :lease_s * interval '1 second'
from held
where d.id = held.id
