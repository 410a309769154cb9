-- A page of the feedback on a link or an interview, as list_links.sql has it; and the average of all ratings there.
-- page
-- out data json, has_more bool, last_key text?, last_id text?, is_known bool, average_rating text
with page as (
    select r.id, (:key)::text as sort_key, row_number() over (order by :key :direction, :id :direction) as place
    from :from
    where r.account_id = :account_id and :scope :conditions
    order by :key :direction, :id :direction
    limit :limit + 1
)
select (select coalesce(json_agg(json_build_object(
                   'id', r.id,
                   'share_link_id', r.share_link_id,
                   'interview_id', r.interview_id,
                   'reviewer', json_build_object('id', r.reviewer_id, 'name', coalesce(w.name, r.reviewer_name), 'email', w.email),
                   'rating', r.rating,
                   'recommendation', r.recommendation,
                   'comment', r.comment,
                   'question_ratings', r.question_ratings,
                   'revision_count', r.revision_count,
                   'created_at', sharelink.rfc3339(r.created_at),
                   'updated_at', sharelink.rfc3339(r.updated_at))
                   order by page.place), '[]')
        from page
        join views.published_reviews r on r.id = page.id
        left join links.reviewers w on w.id = r.reviewer_id
        where page.place <= :limit) as data,
       exists (select from page where place > :limit) as has_more,
       (select sort_key from page where place = :limit) as last_key,
       (select id from page where place = :limit) as last_id,
       exists (:known) as is_known,
       coalesce((select to_json(round(avg(r.rating), 2))::text from views.published_reviews r where r.account_id = :account_id and :scope), 'null') as average_rating
