-- Stores a reviewer's word that nothing more will come, with a note. The reviewer's row is locked first, as a save of feedback does, which
-- takes the word back: so of two that come together one is told of, and a save comes before it or takes it back. Said again it is the
-- same; with another note that note is stored, and told of like the first word when the last one was told of an hour ago.
-- in   token_hash bytea, session_hash bytea?, note text?, event_id text, request_id text, traceparent text?
-- enum door from services/views/door.h: open | expired | deactivated | no_session | feedback_disabled | no row: unknown
-- out  door door, done_at text?, event text?
with door as materialized (
    select d.*, v.id as visit_id, views.door(d.state, v.id) as door
    from links.doors d
    left join views.visit_of_session(:session_hash, d.reviewer_id, d.passcode_epoch) v on true
    where d.token_hash = :token_hash
),
locked as materialized (
    select a.* from views.activity a join door d on d.reviewer_id = a.reviewer_id where d.door = 'open' and not d.disable_feedback for update of a
),
said as materialized (
    select reviewer_id, coalesce(done_at, now()) as done_at, done_at is null or done_told_at < now() - interval '1 hour' as is_told
    from locked
    where done_at is null or done_note is distinct from :note
),
stored as (
    update views.activity a
    set done_at = s.done_at, done_note = :note, done_told_at = case when s.is_told then now() else a.done_told_at end,
        feedback_version = a.feedback_version + 1
    from said s
    where a.reviewer_id = s.reviewer_id
),
seen as (
    update views.visits v set last_seen_at = now()
    from (select s.id from door d join views.visits s on s.id = d.visit_id
          where d.door = 'open' and s.last_seen_at < now() - interval '1 minute'
          for update of s skip locked) late
    where v.id = late.id
),
logged as (
    select e.cloud_event
    from said s
    cross join lateral events.add_of_reviewers(
        array[:event_id], array['review.completed'], array[s.reviewer_id], array['{}'::jsonb], array[:request_id], array[:traceparent]) e
    where s.is_told
)
select case when d.door = 'open' and d.disable_feedback then 'feedback_disabled' else d.door end as door,
       sharelink.rfc3339(coalesce(s.done_at, l.done_at)) as done_at, (select cloud_event from logged) as event
from door d
left join locked l on true
left join said s on true
