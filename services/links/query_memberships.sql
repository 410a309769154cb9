-- A page of an account's advanced links, the newest first, each with how many of these interviews are in it; and which of the interviews, by
-- their places from 0, are not there. Of a link the index has its members by their ids.
-- in  account_id text, session_id text?, interview_ids text[], owner_email text?, search text?, state text?, after_key text?, after_id text?, limit int
-- out share_links json, has_more bool, last_key text?, last_id text?, unknown_interviews json?
with page as materialized (
    select l.id, l.created_at, l.title, l.expires_at, links.state_of(l.deactivated_at, l.expires_at) as state,
           row_number() over (order by l.created_at desc, l.id desc) as place
    from links.share_links l
    where l.account_id = :account_id and l.kind = 'advanced'
      and (:owner_email is null or l.owner_email = :owner_email)
      and (:state is null or links.state_of(l.deactivated_at, l.expires_at) = :state)
      and (:search is null or l.id in (select found.id from links.links_with_words(:account_id, :search) found (id)))
      and (:after_key is null or (l.created_at, l.id) < (:after_key::timestamptz, :after_id))
    order by l.created_at desc, l.id desc
    limit :limit + 1
)
select (select coalesce(json_agg(json_build_object(
                   'id', p.id,
                   'title', p.title,
                   'state', p.state,
                   'expires_at', sharelink.rfc3339(p.expires_at),
                   'present', (select count(*) from links.share_link_interviews m where m.share_link_id = p.id and m.interview_id = any (:interview_ids)))
                   order by p.place), '[]')
        from page p where p.place <= :limit) as share_links,
       exists (select from page p where p.place > :limit) as has_more,
       (select p.created_at::text from page p where p.place = :limit) as last_key,
       (select p.id from page p where p.place = :limit) as last_id,
       (select json_agg(s.place - 1 order by s.place)
        from unnest(:interview_ids) with ordinality s (id, place)
        where not exists (select from links.interviews i where i.account_id = :account_id and i.id = s.id)
           or not console.session_reaches(:session_id, 'interview', s.id)) as unknown_interviews
