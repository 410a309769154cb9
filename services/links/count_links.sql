-- How many of the account's share links are in which state, and need attention: of all, or of those of an owner, of a kind, or found.
-- in  account_id text, owner_email text?, kind text?, search text?
-- out counts json
select json_build_object(
           'active', count(*) filter (where s.state = 'active'),
           'expired', count(*) filter (where s.state = 'expired'),
           'deactivated', count(*) filter (where s.state = 'deactivated'),
           'attention', count(*) filter (where l.id in (select a.share_link_id from links.link_attention a where a.account_id = :account_id))) as counts
from links.share_links l
cross join lateral (select links.state_of(l.deactivated_at, l.expires_at) as state) s
where l.account_id = :account_id
  and (:owner_email is null or l.owner_email = :owner_email)
  and (:kind is null or l.kind = :kind)
  and (:search is null or l.id in (select f.id from links.links_with_words(:account_id, :search) f (id)))
