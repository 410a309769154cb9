-- Asks for a mail to one reviewer, the first or another one. It changes nothing of the link, so the version stays.
-- in  account_id text, share_link_id text, tags text?, reviewer_id text, mails_max int, event_ids text[], request_id text, traceparent text?
-- out outcome: active | expired | deactivated | version_mismatch | basic_link | too_many_mails | no row: not_found,
--     reviewer json, retry_s int?, events json?
with link as materialized (
    select * from links.share_links where account_id = :account_id and id = :share_link_id for update
),
judged as materialized (
    select case when sharelink.is_other('v' || link.version, :tags) then 'version_mismatch'
                when link.kind <> 'advanced' then 'basic_link'
                else links.state_of(coalesce(link.deactivated_at, r.deactivated_at), link.expires_at) end as outcome,
           link.id, link.account_id, r.id as reviewer_id, r.email
    from link cross join lateral links.reviewers_now(link.id) r
    where r.id = :reviewer_id
),
mails as materialized (
    select t.* from judged j cross join lateral links.take_mails(j.account_id, 'invitation', array[j.email], :mails_max) t where j.outcome = 'active'
),
decided as materialized (
    select case when m.refused is not null then 'too_many_mails' else j.outcome end as outcome, j.id, j.account_id, j.reviewer_id, m.retry_s
    from judged j left join mails m on true
),
asked as (
    update links.reviewers r
    set invitation_requested_at = now()
    from decided j
    where j.outcome = 'active' and r.id = j.reviewer_id
    returning r.id
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, reviewer_id, data, request_id, traceparent)
    select :event_ids[1], account_id, 'link.invitation_requested', id, reviewer_id,
           jsonb_build_object('share_link_id', id, 'reviewer_id', reviewer_id), :request_id, :traceparent
    from decided
    where outcome = 'active'
    returning type, events.cloud_event(log) as cloud_event
)
select j.outcome, links.reviewer_now(coalesce(a.id, j.reviewer_id)) as reviewer, j.retry_s,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event)) from logged) as events
from decided j
left join asked a on true
