-- The advanced links that an interview is a member of, in the order of their ids, and the tag of that set.
-- in  account_id text, session_id text?, interview_id text
-- out memberships json, tag text
select json_build_object(
           'share_link_ids', coalesce(json_agg(l.id order by l.id) filter (where l.id is not null), '[]'),
           'share_links', coalesce(json_agg(json_build_object(
                                       'id', l.id,
                                       'title', l.title,
                                       'state', links.state_of(l.deactivated_at, l.expires_at),
                                       'expires_at', sharelink.rfc3339(l.expires_at))
                                   order by l.id) filter (where l.id is not null), '[]')) as memberships,
       md5(coalesce(string_agg(l.id, ',' order by l.id), '')) as tag
from links.interviews i
left join links.share_link_interviews m on m.account_id = i.account_id and m.interview_id = i.id
left join links.share_links l on l.id = m.share_link_id and l.kind = 'advanced' and console.session_reaches(:session_id, 'share_link', l.id)
where i.account_id = :account_id and i.id = :interview_id
group by i.id
