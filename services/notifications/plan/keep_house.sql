-- Now and then: forgets marks of settled events that no stream can deliver again (and if one did, the deliveries' own unique
-- key still stops it), and answers that were kept for an Idempotency-Key; so many of each at a time.
-- in  forget_most int
-- out is_full bool
with old as (
    delete from notifications.settled
    where ctid = any (array(select ctid from notifications.settled where settled_at < now() - interval '8 days'
                           order by settled_at limit :forget_most for update skip locked))
    returning 1
)
select (select count(*) from old) = :forget_most or sharelink.forget_idempotent_answers(:forget_most) = :forget_most as is_full
