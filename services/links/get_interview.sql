-- One interview: the document as the platform stored it, and what we know of it.
select version, document || jsonb_build_object(
           'id', id, 'version', version, 'created_at', sharelink.rfc3339(created_at), 'updated_at', sharelink.rfc3339(updated_at))
           as interview
from links.interviews
where account_id = $1 and id = $2
