-- One share link as the API answers it, and its reviewers' sealed URLs for a caller who may see them.
-- in  account_id text, share_link_id text
-- out share_link json, version int, sealed json?
select links.share_link_json(
           l,
           (select coalesce(json_agg(m.interview_id order by m.position), '[]') from links.share_link_interviews m where m.share_link_id = l.id),
           (select count(*)::int from links.share_link_interviews m where m.share_link_id = l.id),
           links.reviewers_json(l.id)) as share_link,
       l.version,
       (select json_agg(encode(r.sealed, 'hex') order by r.position) from links.reviewers r where r.share_link_id = l.id) as sealed
from links.share_links l
where l.account_id = :account_id and l.id = :share_link_id
