-- The basic link of an interview, with the sealed URL of its technical reviewer.
-- in  account_id text, interview_id text
-- out share_link json, version int, sealed json?
select links.share_link_json(l, json_build_array(l.basic_of), 1, links.reviewers_json(l.id)) as share_link,
       l.version,
       (select json_agg(encode(r.sealed, 'hex') order by r.position) from links.reviewers r where r.share_link_id = l.id) as sealed
from links.share_links l
where l.account_id = :account_id and l.basic_of = :interview_id
