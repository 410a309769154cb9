-- A page of an account's share links, from just behind the cursor on; one more row than asked for tells that there are more.
-- The cursor is the last row's own sort key and id, so rows that come or go do not shift the pages. page.c puts in the sort
-- and the filters that were asked for.
-- page
-- out data json, has_more bool, last_key text?, last_id text?
with page as (
    select l.id, (:key)::text as sort_key, row_number() over (order by :key :direction, :id :direction) as place
    from :from
    where l.account_id = :account_id :conditions
    order by :key :direction, :id :direction
    limit :limit + 1
)
select (select coalesce(json_agg((select d.share_link from links.share_link_documents d where d.share_link_id = page.id)
                                 order by page.place), '[]')
        from page where page.place <= :limit) as data,
       exists (select from page where place > :limit) as has_more,
       (select sort_key from page where place = :limit) as last_key,
       (select id from page where place = :limit) as last_id
