-- Once an hour: partitions for the months to come, and marks of settled events that no stream can deliver again
-- (and if one did, the deliveries' own unique key still stops it); and answers that were kept for an Idempotency-Key.
with old as (
    delete from notifications.settled where settled_at < now() - interval '8 days'
    returning 1
)
select events.ensure_partitions(3) as partitions_made, (select count(*) from old)::int as settled_forgotten,
       sharelink.forget_idempotent_answers(10000) as answers_forgotten
