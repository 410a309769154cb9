-- Switches off one reviewer of a link by hand. One who is off stays so, with the reason.
-- in  account_id text, share_link_id text, tags text?, reviewer_id text, event_ids text[], request_id text, traceparent text?
-- out outcome: ok | off_already | version_mismatch | basic_link | no row: not_found, reviewer json, events json?
with link as materialized (
    select * from links.share_links where account_id = :account_id and id = :share_link_id for update
),
judged as materialized (
    select case when sharelink.is_other('v' || link.version, :tags) then 'version_mismatch'
                when link.kind <> 'advanced' then 'basic_link'
                when r.deactivated_at is not null then 'off_already'
                else 'ok' end as outcome, link.id, link.account_id, r.id as reviewer_id
    from link cross join lateral links.reviewers_now(link.id) r
    where r.id = :reviewer_id
),
switched as (
    update links.reviewers r
    set deactivated_at = now(), state_reason = '{"code": "manual"}'
    from judged j
    where j.outcome = 'ok' and r.id = j.reviewer_id
    returning r.id
),
changed as (
    update links.share_links l
    set version = l.version + 1, updated_at = now()
    from judged j
    where l.id = j.id and j.outcome = 'ok'
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, reviewer_id, data, request_id, traceparent)
    select :event_ids[1], account_id, 'link.deactivated', id, reviewer_id,
           jsonb_build_object('share_link_id', id, 'reviewer_id', reviewer_id, 'reason', 'manual'), :request_id, :traceparent
    from judged
    where outcome = 'ok'
    returning type, events.cloud_event(log) as cloud_event
)
select j.outcome, links.reviewer_now(coalesce(s.id, j.reviewer_id)) as reviewer,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event)) from logged) as events
from judged j
left join switched s on true
