-- Erases a candidate: the interview, its memberships, its basic link, feedback and watch progress, mails that wait because of
-- it, and answers that were kept for an Idempotency-Key. The interview's row keeps out those who set its links or make its basic
-- link; then the links are locked, in the order of their ids; then the interview against those who only refer to it, because
-- the calls that add members do that with a link in hand. Visits and events stay: they hold ids only.
-- $1 account, $2 interview, $3 the version wanted, $4 request id, $5 traceparent, $6 event ids.
with alone as materialized (
    select i.id from links.interviews i where i.account_id = $1 and i.id = $2 for no key update
),
linked as materialized (
    select l.id from links.share_links l
    where (select count(*) from alone) >= 0
      and l.id in (select m.share_link_id from links.share_link_interviews m where m.account_id = $1 and m.interview_id = $2)
    order by l.id
    for update
),
interview as materialized (
    select i.id, case when $3::int is not null and i.version <> $3::int then 'version_mismatch' else 'ok' end as outcome
    from links.interviews i
    where i.account_id = $1 and i.id = $2 and (select count(*) from linked) >= 0
    for update
),
members as materialized (
    select m.share_link_id from interview i cross join lateral links.end_memberships_now($1, i.id) as m (share_link_id)
    where i.outcome = 'ok'
),
changed as (
    update links.share_links l set version = l.version + 1, updated_at = now()
    from members m
    where l.id = m.share_link_id and l.kind = 'advanced'
    returning l.id
),
basic as materialized (
    select b.id from interview i cross join lateral links.drop_basic_link_now($1, i.id) as b (id)
    where i.outcome = 'ok' and (select count(*) from members) >= 0
),
mails as materialized (
    select notifications.drop_mails_of_candidate(
               $1, i.id, array(select share_link_id from members),
               array(select m.share_link_id from members m where not exists (select from links.members_now(m.share_link_id)))) as count
    from interview i
    where i.outcome = 'ok'
),
feedback as materialized (
    select f.* from interview i cross join lateral views.erase_feedback($1, i.id) f where i.outcome = 'ok'
),
answers as materialized (
    select a.about from interview i cross join lateral sharelink.drop_answers_now($1 || '/' || i.id) as a (about)
    where i.outcome = 'ok' and (select count(*) from basic) >= 0
),
gone as (
    delete from links.interviews d using interview i
    where i.outcome = 'ok' and d.account_id = $1 and d.id = i.id
      and (select count(*) from changed) >= 0 and (select count(*) from basic) >= 0 and (select count(*) from feedback) >= 0
      and (select count(*) from answers) >= 0
    returning d.id
),
happened (event_id, type, share_link_id, data) as (
    select ($6::text[])[1], 'link.deleted', id, jsonb_build_object('share_link_id', id) from basic
    union all
    select ($6::text[])[2], 'candidate.erased', null, jsonb_build_object('interview_id', id) from gone
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, data, request_id, traceparent)
    select event_id, $1, type, share_link_id, data, $4, $5 from happened
    returning id, type, events.cloud_event(log) as cloud_event
)
select i.outcome,
       json_build_object(
           'interview_id', i.id,
           'erased_at', sharelink.rfc3339(now()),
           'erased', json_build_object(
               'interviews', (select count(*) from gone),
               'memberships', (select count(*) from members),
               'basic_links', (select count(*) from basic),
               'queued_mails', coalesce((select count from mails), 0),
               'reviews', coalesce((select reviews from feedback), 0),
               'review_revisions', coalesce((select review_revisions from feedback), 0),
               'watch_records', coalesce((select watch_records from feedback), 0))) as receipt,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event) order by id) from logged) as events
from interview i
