-- It could not be had: why, and in how many seconds it is tried again, or, below 0, no more. What was asked for anew meanwhile, or is in
-- others' hands, stays as it is.
-- in  fetch_id bigint, lease_holder text, document_version int, error text, delay_s bigint
-- out fetch_id bigint
update views.fetches f
set state = case when :delay_s < 0 then 'failed' else 'waiting' end,
    next_attempt_at = now() + greatest(:delay_s, 0) * interval '1 second',
    last_error = :error, lease_until = null, lease_holder = null
where f.id = :fetch_id and f.lease_holder = :lease_holder and f.document_version = :document_version
returning f.id as fetch_id
