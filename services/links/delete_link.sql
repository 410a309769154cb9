-- Removes a link with its members and reviewers. Visits and events stay: they are history, and hold ids only.
with link as materialized (
    select * from links.share_links where account_id = $1 and id = $2 for update
),
judged as materialized (
    select case when $3::int is not null and version <> $3::int then 'version_mismatch' else 'ok' end as outcome, id from link
),
gone as (
    delete from links.share_links l using judged j where l.id = j.id and j.outcome = 'ok'
    returning l.id, l.account_id
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, data, request_id, traceparent)
    select ($6::text[])[1], account_id, 'link.deleted', id, jsonb_build_object('share_link_id', id), $4, $5
    from gone
    returning type, events.cloud_event(log) as cloud_event
)
select j.outcome,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event)) from logged) as events
from judged j
