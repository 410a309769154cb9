-- Keeps the leases of deliveries that are still in this process's hands. A plain comparison of the state would allow a plan that
-- reads all that is pending: it is made once (ctl/schema/roles.sql).
-- in delivery_ids text[], lease_holder text, lease_s int
update notifications.deliveries
set lease_until = now() + :lease_s * interval '1 second'
where id = any (:delivery_ids) and lease_holder = :lease_holder and state is not distinct from 'pending'
