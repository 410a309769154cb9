-- A page of the interviews of one share link, as list_links.sql has it, and what each of its reviewers has given and seen of them. What a
-- reviewer has seen is added up once for all interviews of the page, and each cell is text at once: a page may have ten thousand. Who
-- was removed has a column while there is feedback of theirs.
-- page
-- out data json, has_more bool, last_key text?, last_id text?, is_known bool, reviewers json
with page as materialized (
    select m.interview_id as id, (:key)::text as sort_key, row_number() over (order by :key :direction, :id :direction) as place
    from :from
    where m.account_id = :account_id and :scope :conditions
    order by :key :direction, :id :direction
    limit :limit + 1
),
everybody as materialized (
    select u.id, u.name, u.state, row_number() over (order by u.is_removed, u.position, u.id) - 1 as place
    from (
        select r.id, r.name, case when r.deactivated_at is null then 'active' else 'deactivated' end as state, r.position, false as is_removed
        from links.reviewers r
        where r.account_id = :account_id and r.share_link_id = :parent_id
        union all
        select p.reviewer_id, f.reviewer_name, 'removed', 0, true
        from views.reviewer_progress p
        cross join lateral (
            select f.reviewer_name from views.published_reviews f
            where f.account_id = :account_id and f.reviewer_id = p.reviewer_id
            order by f.updated_at desc limit 1
        ) f
        where p.share_link_id = :parent_id and p.has_reviewed and not exists (select from links.reviewers r where r.id = p.reviewer_id)
    ) u
),
said as materialized (
    select f.interview_id, e.place, f.rating, f.recommendation, f.comment <> '' as has_comment
    from everybody e
    join views.published_reviews f on f.reviewer_id = e.id and f.interview_id = any (array(select id from page where place <= :limit))
),
seen as materialized (
    select s.interview_id, e.place, s.seconds
    from everybody e
    cross join lateral (
        select w.interview_id, floor(sum(w.seconds))::int as seconds
        from views.published_watch w
        where w.reviewer_id = e.id and w.interview_id = any (array(select id from page where place <= :limit))
        group by w.interview_id
    ) s
    where s.seconds > 0
),
cells as materialized (
    select c.interview_id, ('[' || string_agg(c.cell, ',' order by c.place) || ']')::json as cells
    from (
        select coalesce(f.interview_id, s.interview_id) as interview_id, coalesce(f.place, s.place) as place,
               '[' || coalesce(f.place, s.place) || ',' || coalesce(f.rating::text, 'null') || ',' || coalesce(f.has_comment, false)::text || ','
                   || coalesce(s.seconds, 0) || coalesce(',"' || f.recommendation || '"', '') || ']' as cell
        from said f
        full join seen s on s.interview_id = f.interview_id and s.place = f.place
    ) c
    group by c.interview_id
),
totals as materialized (
    select f.interview_id, round(avg(f.rating), 2) as average, count(f.rating) as ratings,
           json_build_array(count(*) filter (where f.rating = 1), count(*) filter (where f.rating = 2), count(*) filter (where f.rating = 3),
                            count(*) filter (where f.rating = 4), count(*) filter (where f.rating = 5)) as distribution,
           json_build_array(count(*) filter (where f.recommendation = 'strong_yes'), count(*) filter (where f.recommendation = 'yes'),
                            count(*) filter (where f.recommendation = 'no'), count(*) filter (where f.recommendation = 'strong_no')) as recommendations
    from said f
    group by f.interview_id
)
select (select coalesce(json_agg(row_to_json(d) order by page.place), '[]')
        from page
        join links.interviews i on i.account_id = :account_id and i.id = page.id
        left join totals t on t.interview_id = page.id
        left join cells c on c.interview_id = page.id
        cross join lateral (
            select page.id as interview_id, i.candidate_name as name, i.job_title, round(i.recorded_s)::int as seconds, t.average,
                   coalesce(t.ratings, 0) as ratings, coalesce(t.distribution, '[0,0,0,0,0]') as distribution,
                   coalesce(t.recommendations, '[0,0,0,0]') as recommendations, coalesce(c.cells, '[]') as cells
        ) d
        where page.place <= :limit) as data,
       exists (select from page where place > :limit) as has_more,
       (select sort_key from page where place = :limit) as last_key,
       (select id from page where place = :limit) as last_id,
       exists (:known) as is_known,
       (select coalesce(json_agg(row_to_json(d) order by e.place), '[]')
        from everybody e cross join lateral (select e.id, e.name, e.state) d) as reviewers
