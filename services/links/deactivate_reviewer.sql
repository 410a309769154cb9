-- Switches off one reviewer ($6) of a link by hand. One who is off stays so, with the reason.
with link as materialized (
    select * from links.share_links where account_id = $1 and id = $2 for update
),
judged as materialized (
    select case when $3::int is not null and link.version <> $3::int then 'version_mismatch'
                when link.kind <> 'advanced' then 'basic_link'
                when r.deactivated_at is not null then 'off_already'
                else 'ok' end as outcome, link.id, link.account_id, r.id as reviewer_id
    from link cross join lateral links.reviewers_now(link.id) r
    where r.id = $6
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
    select ($7::text[])[1], account_id, 'link.deactivated', id, reviewer_id,
           jsonb_build_object('share_link_id', id, 'reviewer_id', reviewer_id, 'reason', 'manual'), $4, $5
    from judged
    where outcome = 'ok'
    returning type, events.cloud_event(log) as cloud_event
)
select j.outcome, links.reviewer_now(coalesce(s.id, j.reviewer_id)) as reviewer,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event)) from logged) as events
from judged j
left join switched s on true
