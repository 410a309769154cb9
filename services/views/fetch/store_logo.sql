-- Stores an image that is to be an account's logo: views.store_logo.
-- in  fetch_id bigint, lease_holder text, document_version int, digest text, content_type text, bytes bytea
-- out outcome: stored | passed
select views.store_logo(:fetch_id, :lease_holder, :document_version, :digest, :content_type, :bytes) as outcome
