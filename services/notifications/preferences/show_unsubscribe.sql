-- What the page behind a notice's link tells: which link it was about, while that is still the reader's own, and what they hear of now.
-- in  account_id text, address text, share_link_id text
-- out title text?, opens text, digest text, is_muted bool, is_off bool
select (select l.title from links.mail_links l
        where l.share_link_id = :share_link_id and l.account_id = :account_id and l.owner_email = :address) as title,
       coalesce(p.opens, 'every') as opens, coalesce(p.digest, 'off') as digest,
       coalesce(:share_link_id = any (p.muted_share_link_ids), false) as is_muted, p.unsubscribed_at is not null as is_off
from (select 1) one
left join notifications.preferences p on p.account_id = :account_id and p.address = :address
