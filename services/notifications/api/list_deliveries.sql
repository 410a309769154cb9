-- A page of an account's deliveries: mails and webhooks, what was skipped too. The recipient's address is not shown.
-- Its plan is made once for all limits (ctl/schema/roles.sql): the inner one, the most that a page can have, tells it how few rows
-- these are.
-- page
-- out data json, has_more bool, last_key text?, last_id text?
with page as (
    select * from (
        select d.id, (:key)::text as sort_key, row_number() over (order by :key :direction, :id :direction) as place
        from :from
        where d.account_id = :account_id :conditions
        order by :key :direction, :id :direction
        limit 101
    ) p
    limit :limit + 1
)
select (select coalesce(json_agg(notifications.delivery_json(d) order by page.place), '[]')
        from page join notifications.deliveries d on d.id = page.id
        where page.place <= :limit) as data,
       exists (select from page where place > :limit) as has_more,
       (select sort_key from page where place = :limit) as last_key,
       (select id from page where place = :limit) as last_id
