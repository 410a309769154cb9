-- Removes a link with its members and reviewers. Visits and events stay: they are history, and hold ids only.
-- in  account_id text, share_link_id text, tags text?, event_ids text[], request_id text, traceparent text?
-- out outcome: ok | version_mismatch | no row: not_found, events json?
with link as materialized (
    select * from links.share_links where account_id = :account_id and id = :share_link_id for update
),
judged as materialized (
    select case when sharelink.is_other('v' || version, :tags) then 'version_mismatch' else 'ok' end as outcome, id from link
),
gone as (
    delete from links.share_links l using judged j where l.id = j.id and j.outcome = 'ok'
    returning l.id, l.account_id, l.external_id
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, data, request_id, traceparent)
    select :event_ids[1], account_id, 'link.deleted', id, jsonb_strip_nulls(jsonb_build_object('share_link_id', id, 'external_id', external_id)), :request_id, :traceparent
    from gone
    returning type, events.cloud_event(log) as cloud_event
)
select j.outcome,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event)) from logged) as events
from judged j
