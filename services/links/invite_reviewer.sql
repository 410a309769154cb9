-- Asks for a mail to one reviewer ($6), the first or another one. It changes nothing of the link, so the version stays.
with link as materialized (
    select * from links.share_links where account_id = $1 and id = $2 for update
),
judged as materialized (
    select case when $3::int is not null and link.version <> $3::int then 'version_mismatch'
                when link.kind <> 'advanced' then 'basic_link'
                else links.state_of(coalesce(link.deactivated_at, r.deactivated_at), link.expires_at) end as outcome,
           link.id, link.account_id, r.id as reviewer_id
    from link cross join lateral links.reviewers_now(link.id) r
    where r.id = $6
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
    select ($7::text[])[1], account_id, 'link.invitation_requested', id, reviewer_id,
           jsonb_build_object('share_link_id', id, 'reviewer_id', reviewer_id), $4, $5
    from judged
    where outcome = 'active'
    returning type, events.cloud_event(log) as cloud_event
)
select j.outcome, links.reviewer_now(coalesce(a.id, j.reviewer_id)) as reviewer,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event)) from logged) as events
from judged j
left join asked a on true
