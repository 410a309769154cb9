-- Stores the lines that captions were made into: views.store_transcript.
-- in  fetch_id bigint, lease_holder text, document_version int, lines json, kb_max int
-- out outcome: stored | too_large | passed
select views.store_transcript(:fetch_id, :lease_holder, :document_version, :lines::jsonb, :kb_max) as outcome
