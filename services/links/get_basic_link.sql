-- The basic link of an interview, with the sealed URL of its technical reviewer.
-- in  account_id text, session_id text?, interview_id text
-- out share_link json, version int, sealed json?
select d.share_link, d.version,
       (select json_agg(encode(r.sealed, 'hex') order by r.position) from links.reviewers r where r.share_link_id = d.share_link_id)
           as sealed
from links.share_link_documents d
where d.account_id = :account_id and d.basic_of = :interview_id
  and console.session_reaches(:session_id, 'share_link', d.share_link_id)
