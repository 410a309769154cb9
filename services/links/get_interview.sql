-- One interview: the document as the platform stored it, and what we know of it.
-- in  account_id text, interview_id text
-- out version int, interview jsonb
select version, document || jsonb_build_object(
           'id', id, 'version', version, 'created_at', sharelink.rfc3339(created_at), 'updated_at', sharelink.rfc3339(updated_at))
           as interview
from links.interviews
where account_id = :account_id and id = :interview_id
