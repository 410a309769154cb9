-- A link's reviewers, or one of them, with the boxes that hold their tokens; passcode_epoch tells whether a box is still the
-- one that was read.
select r.id, r.passcode_epoch::text as passcode_epoch, encode(r.sealed, 'hex') as sealed
from links.share_links l
join links.reviewers r on r.share_link_id = l.id
where l.account_id = $1 and l.id = $2 and ($3::text is null or r.id = $3)
order by r.position
