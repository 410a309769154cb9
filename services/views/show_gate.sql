-- What the page before the passcode may say.
-- in  token_hash bytea
-- out state: active | expired | deactivated | no row: unknown, sender_name text, interview_count int
select d.state, d.sender_name,
       (select count(*) from links.shared_interviews i where i.share_link_id = d.share_link_id)::int as interview_count
from links.doors d
where d.token_hash = :token_hash
