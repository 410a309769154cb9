-- Now and then: forgets marks of settled events that no stream can deliver again (and if one did, the deliveries' own unique
-- key still stops it), and answers that were kept for an Idempotency-Key; so many of each ($1) at a time.
with old as (
    delete from notifications.settled
    where ctid = any (array(select ctid from notifications.settled where settled_at < now() - interval '8 days'
                           order by settled_at limit $1::int for update skip locked))
    returning 1
)
select (select count(*) from old) = $1::int or sharelink.forget_idempotent_answers($1::int) = $1::int as is_full
