-- Switches a link off by hand. One that is off stays as it is, with its reason.
-- in  account_id text, share_link_id text, tags text?, event_ids text[], request_id text, traceparent text?
-- out outcome: ok | version_mismatch | no row: not_found, share_link json, version int, events json?, basic_of text?
with link as materialized (
    select * from links.share_links where account_id = :account_id and id = :share_link_id for update
),
judged as materialized (
    select case when sharelink.is_other('v' || version, :tags) then 'version_mismatch' else 'ok' end as outcome, id,
           basic_of, deactivated_at is not null as is_off
    from link
),
changed as (
    update links.share_links l
    set deactivated_at = now(), state_reason = '{"code": "manual"}', version = l.version + 1, updated_at = now()
    from judged j
    where l.id = j.id and j.outcome = 'ok' and not j.is_off
    returning l.id, l.account_id
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, data, request_id, traceparent)
    select :event_ids[1], account_id, 'link.deactivated', id, jsonb_build_object('share_link_id', id, 'reason', 'manual'),
           :request_id, :traceparent
    from changed
    returning type, events.cloud_event(log) as cloud_event
)
select j.outcome, n.share_link, n.version,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event)) from logged) as events, j.basic_of
from judged j
left join changed c on c.id = j.id
cross join lateral links.share_link_now(coalesce(c.id, j.id)) n
