-- One reviewer of a link as the API answers it, and the sealed URL for a caller who may see it. The version is the link's.
-- in  account_id text, share_link_id text, reviewer_id text
-- out reviewer json, version int, sealed text
select d.reviewer, l.version, encode(r.sealed, 'hex') as sealed
from links.share_links l
join links.reviewers r on r.share_link_id = l.id
join links.reviewer_documents d on d.reviewer_id = r.id
where l.account_id = :account_id and l.id = :share_link_id and r.id = :reviewer_id
