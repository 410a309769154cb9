-- Keeps the leases of mails that are still in this worker's hands. A plain comparison of the state would allow a plan that
-- reads all that is pending: it is made once (0074_notification_plans.sql).
update notifications.deliveries
set lease_until = now() + $3::int * interval '1 second'
where id = any ($1::text[]) and lease_holder = $2 and state is not distinct from 'pending'
