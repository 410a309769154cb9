-- One interview: the document as the platform stored it, and what we know of it.
-- in  account_id text, interview_id text
-- out version int, interview jsonb
select i.version, links.interview_json(i.document, i) as interview
from links.interviews i
where i.account_id = :account_id and i.id = :interview_id
