-- Asks for a mail to one reviewer, the first or another one. It changes nothing of the link, so the version stays.
-- in  account_id text, share_link_id text, version int?, reviewer_id text, event_ids text[], request_id text, traceparent text?
-- out outcome: active | expired | deactivated | version_mismatch | basic_link | no row: not_found, reviewer json, events json?
with link as materialized (
    select * from links.share_links where account_id = :account_id and id = :share_link_id for update
),
judged as materialized (
    select case when link.version <> :version then 'version_mismatch'
                when link.kind <> 'advanced' then 'basic_link'
                else links.state_of(coalesce(link.deactivated_at, r.deactivated_at), link.expires_at) end as outcome,
           link.id, link.account_id, r.id as reviewer_id
    from link cross join lateral links.reviewers_now(link.id) r
    where r.id = :reviewer_id
),
asked as (
    update links.reviewers r
    set invitation_requested_at = now()
    from judged j
    where j.outcome = 'active' and r.id = j.reviewer_id
    returning r.id
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, reviewer_id, data, request_id, traceparent)
    select :event_ids[1], account_id, 'link.invitation_requested', id, reviewer_id,
           jsonb_build_object('share_link_id', id, 'reviewer_id', reviewer_id), :request_id, :traceparent
    from judged
    where outcome = 'active'
    returning type, events.cloud_event(log) as cloud_event
)
select j.outcome, links.reviewer_now(coalesce(a.id, j.reviewer_id)) as reviewer,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event)) from logged) as events
from judged j
left join asked a on true
