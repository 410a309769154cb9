-- A page of the opens of one share link, as list_links.sql has it.
-- page
-- out data json, has_more bool, last_key text?, last_id text?, is_known bool
with page as (
    select v.id, (:key)::text as sort_key, row_number() over (order by :key :direction, :id :direction) as place
    from :from
    where v.account_id = :account_id and :scope :conditions
    order by :key :direction, :id :direction
    limit :limit + 1
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
        where page.place <= :limit) as data,
       exists (select from page where place > :limit) as has_more,
       (select sort_key from page where place = :limit) as last_key,
       (select id from page where place = :limit) as last_id,
       exists (:known) as is_known
