-- A page of an account's share links, newest first, from just below the cursor ($2, $3) on; one more row than asked for
-- tells that there are more. The cursor is the last row's own sort key, so rows that come or go do not shift the pages.
with page as (
    select l.*, row_number() over (order by l.created_at desc, l.id desc) as place
    from links.share_links l
    where l.account_id = $1
      and ($2::timestamptz is null or (l.created_at, l.id) < ($2::timestamptz, $3))
    order by l.created_at desc, l.id desc
    limit $4::int + 1
)
select (select coalesce(json_agg(
                   links.share_link_json(
                       l,
                       (select coalesce(json_agg(m.interview_id order by m.position), '[]') from links.share_link_interviews m where m.share_link_id = l.id),
                       (select count(*)::int from links.share_link_interviews m where m.share_link_id = l.id),
                       links.reviewers_json(l.id))
                   order by page.place), '[]')
        from page join links.share_links l on l.id = page.id
        where page.place <= $4::int) as data,
       exists (select from page where place > $4::int) as has_more,
       (select created_at::text from page where place = $4::int) as last_created_at,
       (select id from page where place = $4::int) as last_id
