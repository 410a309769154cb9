-- Mails that wait because it is uncertain whether they have arrived: the mail server is known to answer again, so they are tried
-- within seconds. Those that somebody has locked, or whose outcome is not recorded yet, are left out; so are those that wait for
-- nothing of the kind.
-- in  delivery_ids text[]
-- out delivery_id text
with waiting as materialized (
    select id from notifications.deliveries
    where id = any (:delivery_ids) and state is not distinct from 'pending' and uncertain >= 1 and lease_until is null
    for no key update skip locked
)
update notifications.deliveries d
set next_attempt_at = least(d.next_attempt_at, now() + (1 + 4 * random()) * interval '1 second')
from waiting w
where d.id = w.id
returning d.id as delivery_id
