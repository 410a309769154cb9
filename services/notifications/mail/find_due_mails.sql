-- Mails that are due and in nobody's hands, the oldest first: for who looks for the one that no claim can take. Locks and composes
-- nothing, so that no mail alone can make it fail. The held ones are those of the caller.
-- in  held_ids text[], most int
-- out delivery_id text
select id as delivery_id from notifications.deliveries
where channel = 'email' and state = 'pending' and next_attempt_at <= now() and (lease_until is null or lease_until < now())
  and id <> all (:held_ids)
order by next_attempt_at
limit :most
