-- Erases a candidate, and says what that was and that it has happened: links.erase_interview.
-- lane heavy
-- in  account_id text, interview_id text, tags text?, event_ids text[], request_id text, traceparent text?
-- out outcome: ok | version_mismatch | no row: not_found, receipt json?, events json?
with erased as materialized (
    select * from links.erase_interview(:account_id, :interview_id, :tags)
),
happened (event_id, type, share_link_id, data) as (
    select :event_ids[1], 'link.deleted', basic_link_id,
           jsonb_strip_nulls(jsonb_build_object(
               'share_link_id', basic_link_id,
               'external_id', (select l.external_id from links.share_links l where l.id = basic_link_id))) -- as the statement found it
    from erased where basic_link_id is not null
    union all
    select :event_ids[2], 'candidate.erased', null, jsonb_build_object('interview_id', :interview_id)
    from erased where outcome = 'ok'
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, data, request_id, traceparent)
    select event_id, :account_id, type, share_link_id, data, :request_id, :traceparent from happened
    returning id, type, events.cloud_event(log) as cloud_event
)
select outcome,
       case when outcome = 'ok'
            then json_build_object(
                     'interview_id', :interview_id,
                     'erased_at', sharelink.rfc3339(now()),
                     'erased', json_build_object(
                         'interviews', 1,
                         'memberships', memberships,
                         'basic_links', (basic_link_id is not null)::int,
                         'queued_mails', queued_mails,
                         'reviews', reviews,
                         'review_revisions', review_revisions,
                         'watch_records', watch_records,
                         'transcripts', transcripts,
                         'done_notes', done_notes)) end as receipt,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event) order by id) from logged) as events
from erased
