-- A page of share links as list_links.sql has it, each as a row that does not grow with the link (links.share_link_summaries).
-- page
-- out data json, has_more bool, last_key text?, last_id text?
with page as (
    select l.id, (:key)::text as sort_key, row_number() over (order by :key :direction, :id :direction) as place
    from :from
    where l.account_id = :account_id :conditions
    order by :key :direction, :id :direction
    limit :limit + 1
),
attention as materialized (
    select a.share_link_id, json_agg(distinct a.code) as codes
    from links.link_attention a
    where a.account_id = :account_id and a.share_link_id = any (array(select id from page))
    group by a.share_link_id
)
select (select coalesce(json_agg(row_to_json(d) order by page.place), '[]')
        from page
        join links.share_link_summaries s on s.share_link_id = page.id
        left join attention a on a.share_link_id = page.id
        cross join lateral (
            select s.share_link_id as id, s.kind, s.title, s.state, s.state_reason, s.expires_at, s.created_at, s.last_opened_at,
                   s.interview_count, s.job_title, s.open_count, s.average_rating, s.reviewers, coalesce(a.codes, '[]') as attention
        ) d
        where page.place <= :limit) as data,
       exists (select from page where place > :limit) as has_more,
       (select sort_key from page where place = :limit) as last_key,
       (select id from page where place = :limit) as last_id
