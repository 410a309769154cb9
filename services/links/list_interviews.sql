-- A page of an account's interviews, as list_links.sql has it. Rows leave out the questions and the questionnaire.
with page as (
    select i.id, (:key)::text as sort_key, row_number() over (order by :key :direction, :id :direction) as place
    from :from
    where i.account_id = $1:conditions
    order by :key :direction, :id :direction
    limit $2::int + 1
)
select (select coalesce(json_agg(
                   i.document - 'questions' - 'questionnaire' || jsonb_build_object(
                       'id', i.id, 'version', i.version, 'created_at', sharelink.rfc3339(i.created_at),
                       'updated_at', sharelink.rfc3339(i.updated_at))
                   order by page.place), '[]')
        from page join links.interviews i on i.account_id = $1 and i.id = page.id
        where page.place <= $2::int) as data,
       exists (select from page where place > $2::int) as has_more,
       (select sort_key from page where place = $2::int) as last_key,
       (select id from page where place = $2::int) as last_id
