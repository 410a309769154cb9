-- Keeps the leases of mails that are still in this worker's hands.
update notifications.deliveries
set lease_until = now() + $3::int * interval '1 second'
where id = any ($1::text[]) and lease_holder = $2 and state = 'pending'
