-- Sends one delivery that failed again, or all of them, their tries counted anew. To whom goes a mail that could not be planned is
-- looked up again. A row that somebody has locked is left as it is.
-- in  delivery_id text?
-- out delivery_id text
with dead as materialized (
    select id from notifications.deliveries
    where state = 'failed' and (:delivery_id is null or id = :delivery_id)
    order by id
    for no key update skip locked
)
update notifications.deliveries d
set recipient = case when d.reason = 'not_planned' and d.channel = 'email'
             then coalesce(nullif(notifications.mail_recipient(d.kind, d.share_link_id, d.reviewer_id), ''), d.recipient)
             else d.recipient end,
    state = 'pending', reason = null, attempts = 0, uncertain = 0, next_attempt_at = now(), lease_until = null, lease_holder = null
from dead
where d.id = dead.id
returning d.id as delivery_id
