-- One share link as the API answers it, and its reviewers' sealed URLs for a caller who may see them.
-- in  account_id text, share_link_id text
-- out share_link json, version int, sealed json?
select d.share_link, d.version,
       (select json_agg(encode(r.sealed, 'hex') order by r.position) from links.reviewers r where r.share_link_id = d.share_link_id)
           as sealed
from links.share_link_documents d
where d.account_id = :account_id and d.share_link_id = :share_link_id
