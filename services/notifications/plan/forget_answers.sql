-- Now and then: forgets answers that were kept for an Idempotency-Key, so many at a time.
-- in  forget_most int
-- out is_full bool
select sharelink.forget_idempotent_answers(:forget_most) = :forget_most as is_full
