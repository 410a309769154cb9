-- Takes the key for this transaction (lock is its number), and looks for the answer that an earlier request left. Nobody waits
-- for the lock: who does not get it is told so. What is older than a day goes, a few rows each time.
-- in  key_hash bytea, lock bigint
-- out is_mine bool, box bytea?
with taken as materialized (
    select pg_try_advisory_xact_lock(:lock) as is_mine
), forgotten as (
    delete from sharelink.idempotent_answers a
    where a.created_at <= now() - interval '24 hours'
      and (a.id = :key_hash
           or a.id in (select o.id from sharelink.idempotent_answers o
                       where o.created_at <= now() - interval '24 hours'
                       order by o.created_at limit 10 for update skip locked))
)
select t.is_mine, a.box
from taken t
left join lateral sharelink.idempotent_answer_now(:key_hash, t.is_mine) a (box) on true
