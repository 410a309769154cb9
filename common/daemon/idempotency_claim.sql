-- Takes the key for this transaction (lock is its number), and looks for the answer that an earlier request left. Nobody waits
-- for the lock: who does not get it is told so. What the transaction does comes after this, so no row is locked here.
-- in  key_hash bytea, lock bigint
-- out is_mine bool, box bytea?
with taken as materialized (
    select pg_try_advisory_xact_lock(:lock) as is_mine
)
select t.is_mine, a.box
from taken t
left join lateral sharelink.idempotent_answer_now(:key_hash, t.is_mine) a (box) on true
