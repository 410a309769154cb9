-- Sends one delivery that failed again, or all of them, their tries counted anew.
-- in  delivery_id text?
-- out delivery_id text
update notifications.deliveries
set state = 'pending', reason = null, attempts = 0, uncertain = 0, next_attempt_at = now(), lease_until = null, lease_holder = null
where state = 'failed' and (:delivery_id is null or id = :delivery_id)
returning id as delivery_id
