-- What the page before the passcode may say.
select d.state, d.sender_name, sharelink.rfc3339(d.expires_at) as expires_at,
       (select count(*) from links.shared_interviews i where i.share_link_id = d.share_link_id)::int as interview_count
from links.doors d
where d.token_hash = $1
