-- A page of an account's interviews, as list_links.sql has it. Rows leave out the questions and the questionnaire.
-- page
-- out data json, has_more bool, last_key text?, last_id text?
with page as (
    select i.id, (:key)::text as sort_key, row_number() over (order by :key :direction, :id :direction) as place
    from :from
    where i.account_id = :account_id :conditions
    order by :key :direction, :id :direction
    limit :limit + 1
)
select (select coalesce(json_agg(
                   links.interview_json(i.document - 'questions' - 'questionnaire', i) order by page.place), '[]')
        from page join links.interviews i on i.account_id = :account_id and i.id = page.id
        where page.place <= :limit) as data,
       exists (select from page where place > :limit) as has_more,
       (select sort_key from page where place = :limit) as last_key,
       (select id from page where place = :limit) as last_id
