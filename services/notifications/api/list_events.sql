-- A page of an account's event log. Forwards it stays below the oldest transaction that still runs, because a row of that one
-- may yet appear behind the cursor: so who follows the cursor misses nothing. Backwards it shows all there is now. Its plan is made
-- once for all limits (ctl/schema/roles.sql): the inner one, the most that a page can have, tells it how few rows these are.
-- page
-- out data json, has_more bool, last_key text?, last_id text?
with page as (
    select * from (
        select l.id, l.created_at, (:key)::text as sort_key, row_number() over (order by :key :direction, :id :direction) as place
        from :from
        where l.account_id = :account_id :conditions
        order by :key :direction, :id :direction
        limit 101
    ) p
    limit :limit + 1
)
select (select coalesce(json_agg(notifications.event_json(l) order by page.place), '[]')
        from page join events.log l on l.id = page.id and l.created_at = page.created_at
        where page.place <= :limit) as data,
       exists (select from page where place > :limit) as has_more,
       (select sort_key from page where place <= :limit order by place desc limit 1) as last_key,
       (select id from page where place <= :limit order by place desc limit 1) as last_id
