-- A page of an account's message templates, as list_links.sql has it.
with page as (
    select t.id, (:key)::text as sort_key, row_number() over (order by :key :direction, :id :direction) as place
    from :from
    where t.account_id = $1:conditions
    order by :key :direction, :id :direction
    limit $2::int + 1
)
select (select coalesce(json_agg(links.email_template_json(t) order by page.place), '[]')
        from page join links.email_templates t on t.id = page.id
        where page.place <= $2::int) as data,
       exists (select from page where place > $2::int) as has_more,
       (select sort_key from page where place = $2::int) as last_key,
       (select id from page where place = $2::int) as last_id
