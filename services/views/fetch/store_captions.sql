-- Stores the lines that captions were made into: views.store_transcript.
-- in  fetch_id bigint, lease_holder text, document_version int, lines json, kb_max int,
--     content_max bigint
-- out outcome: stored | too_large | link_is_full | passed
select views.store_transcript(:fetch_id, :lease_holder, :document_version, :lines::jsonb, :kb_max, :content_max) as outcome
