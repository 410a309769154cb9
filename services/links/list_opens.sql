-- A page of the opens of one share link ($3), as list_links.sql has it.
with page as (
    select v.id, (:key)::text as sort_key, row_number() over (order by :key :direction, :id :direction) as place
    from :from
    where v.account_id = $1 and :scope:conditions
    order by :key :direction, :id :direction
    limit $2::int + 1
)
select (select coalesce(json_agg(json_build_object(
                   'id', v.id,
                   'reviewer', json_build_object('id', v.reviewer_id, 'name', r.name),
                   'opened_at', sharelink.rfc3339(v.opened_at),
                   'first', v.is_first,
                   'network', v.network,
                   'device', v.device) order by page.place), '[]')
        from page
        join views.published_visits v on v.id = page.id
        left join links.reviewers r on r.id = v.reviewer_id
        where page.place <= $2::int) as data,
       exists (select from page where place > $2::int) as has_more,
       (select sort_key from page where place = $2::int) as last_key,
       (select id from page where place = $2::int) as last_id,
       exists (:known) as is_known
