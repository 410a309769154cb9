-- A page of an account's webhook endpoints.
-- page
-- out data json, has_more bool, last_key text?, last_id text?
with page as (
    select e.id, (:key)::text as sort_key, row_number() over (order by :key :direction, :id :direction) as place
    from :from
    where e.account_id = :account_id :conditions
    order by :key :direction, :id :direction
    limit :limit + 1
)
select (select coalesce(json_agg(notifications.webhook_endpoint_json(e) order by page.place), '[]')
        from page join notifications.webhook_endpoints e on e.id = page.id
        where page.place <= :limit) as data,
       exists (select from page where place > :limit) as has_more,
       (select sort_key from page where place = :limit) as last_key,
       (select id from page where place = :limit) as last_id
