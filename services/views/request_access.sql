-- Asks for a new link, for the reviewer whose URL it is; within an hour of the last time nothing happens.
-- in  token_hash bytea, event_id text, request_id text, traceparent text?
-- out outcome: requested | no row: unknown, event text?
with door as materialized (
    select reviewer_id, share_link_id, account_id from links.doors where token_hash = :token_hash
),
asked as (
    insert into views.access_requests as a (reviewer_id)
    select reviewer_id from door
    on conflict (reviewer_id) do update set requested_at = now() where a.requested_at <= now() - interval '1 hour'
    returning reviewer_id
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, reviewer_id, data, request_id, traceparent)
    select :event_id, d.account_id, 'link.access_requested', d.share_link_id, d.reviewer_id,
           jsonb_build_object('share_link_id', d.share_link_id, 'reviewer_id', d.reviewer_id), :request_id, :traceparent
    from door d join asked using (reviewer_id)
    returning events.cloud_event(log) as cloud_event
)
select 'requested' as outcome, l.cloud_event as event
from door d
left join logged l on true
