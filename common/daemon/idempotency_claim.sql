-- Takes the key for this transaction (lock is its number), and looks for the answer that an earlier request left. Nobody waits
-- for the lock: who does not get it is told so. What the transaction does comes after this, so no row is locked here.
-- Tells how much the account has had stored in the last day, and when the oldest of it is forgotten.
-- in  key_hash bytea, lock bigint, account_id text
-- out is_mine bool, box bytea?, used_bytes bigint, retry_s int?
with taken as materialized (
    select pg_try_advisory_xact_lock(:lock) as is_mine
)
select t.is_mine, a.box, u.bytes as used_bytes, u.retry_s
from taken t
cross join lateral (
    select coalesce(sum(bytes), 0)::bigint as bytes, ceil(extract(epoch from min(hour) + interval '25 hours' - now()))::int as retry_s
    from sharelink.idempotent_usage
    where service = current_user and account_id = :account_id and hour > now() - interval '25 hours'
) u
left join lateral sharelink.idempotent_answer_now(:key_hash, t.is_mine) a (box) on true
