-- Asks for a new link, for the reviewer whose URL it is; within an hour of the last time nothing happens.
-- $1 the token's hash, $2 event id, $3 request id, $4 traceparent.
with door as materialized (
    select reviewer_id, share_link_id, account_id from links.doors where token_hash = $1
),
asked as (
    insert into views.access_requests as a (reviewer_id)
    select reviewer_id from door
    on conflict (reviewer_id) do update set requested_at = now() where a.requested_at <= now() - interval '1 hour'
    returning reviewer_id
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, reviewer_id, data, request_id, traceparent)
    select $2, d.account_id, 'link.access_requested', d.share_link_id, d.reviewer_id,
           jsonb_build_object('share_link_id', d.share_link_id, 'reviewer_id', d.reviewer_id), $3, $4
    from door d join asked using (reviewer_id)
    returning events.cloud_event(log) as cloud_event
)
select l.cloud_event
from door d
left join logged l on true
