-- A link's reviewers, or one of them, with the boxes that hold their tokens; passcode_epoch tells whether a box is still the
-- one that was read.
-- in  account_id text, share_link_id text, reviewer_id text?
-- out reviewer_id text, passcode_epoch int, sealed text
select r.id as reviewer_id, r.passcode_epoch, encode(r.sealed, 'hex') as sealed
from links.share_links l
join links.reviewers r on r.share_link_id = l.id
where l.account_id = :account_id and l.id = :share_link_id and (:reviewer_id is null or r.id = :reviewer_id)
order by r.position
