-- A page of an account's webhook endpoints.
with page as (
    select e.id, (:key)::text as sort_key, row_number() over (order by :key :direction, :id :direction) as place
    from :from
    where e.account_id = $1:conditions
    order by :key :direction, :id :direction
    limit $2::int + 1
)
select (select coalesce(json_agg(notifications.webhook_endpoint_json(e) order by page.place), '[]')
        from page join notifications.webhook_endpoints e on e.id = page.id
        where page.place <= $2::int) as data,
       exists (select from page where place > $2::int) as has_more,
       (select sort_key from page where place = $2::int) as last_key,
       (select id from page where place = $2::int) as last_id
