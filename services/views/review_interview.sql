-- Saves a reviewer's feedback on one interview. The reviewer's row is locked first, so that of two tabs the second sees what
-- the first has saved. What is there already is no new revision and no event, whatever version the caller had in mind. What
-- was said about questions that are hidden by now stays as it was.
-- $1 the token's hash, $2 the session's hash, $3 interview, $4 rating, $5 comment, $6 ratings of questions, $7 the version
-- wanted (null any, 0 none), $8 the id for a new one, $9 event id, $10 request id, $11 traceparent.
with door as materialized (
    select d.*, v.id as visit_id
    from links.doors d
    left join views.visits v on v.session_hash = $2 and v.reviewer_id = d.reviewer_id and v.passcode_epoch = d.passcode_epoch
                            and v.opened_at > now() - interval '12 hours'
    where d.token_hash = $1
),
subject as materialized (
    select d.*, views.visible_questions(i.document, d.hide_skipped_questions) as questions
    from door d
    join links.shared_interviews i on i.share_link_id = d.share_link_id and i.interview_id = $3
    where d.state = 'active' and d.visit_id is not null
),
locked as materialized (
    select a.reviewer_id from views.activity a join subject s on s.reviewer_id = a.reviewer_id where not s.disable_feedback for update of a
),
before as materialized (
    select r as review, r.* from locked l cross join lateral views.review_now(l.reviewer_id, $3) r
),
wanted as materialized (
    select s.*, b.id as before_id, b.version as before_version, b.submitted_at as before_submitted_at,
           $6::jsonb || coalesce(views.question_ratings_of(b.question_ratings, s.questions, false), '[]') as question_ratings,
           array(select r.place - 1 from jsonb_array_elements($6::jsonb) with ordinality as r (value, place)
                 where not exists (select from jsonb_array_elements(s.questions) as q (value)
                                   where q.value -> 'id' = r.value -> 'question_id')) as unknown_places,
           b.id is not null and (b.rating, b.comment, b.question_ratings) is not distinct from
               ($4::smallint, $5, $6::jsonb || coalesce(views.question_ratings_of(b.question_ratings, s.questions, false), '[]')) as is_same
    from subject s
    left join before b on true
),
judged as materialized (
    select w.*, case when w.disable_feedback then 'feedback_disabled'
                     when w.unknown_places <> '{}' then 'unknown_question'
                     when w.is_same then 'same'
                     when $7::int is not null and $7::int <> coalesce(w.before_version, 0) then 'version_mismatch'
                     when w.before_id is null then 'created'
                     else 'updated' end as outcome
    from wanted w
),
saved as (
    insert into views.reviews as r (id, account_id, share_link_id, reviewer_id, reviewer_name, interview_id, rating, comment,
                                    question_ratings, submitted_at)
    select $8, account_id, share_link_id, reviewer_id, reviewer_name, $3, $4::smallint, $5, question_ratings,
           case when $4::smallint is not null or $5 <> '' or question_ratings <> '[]' then now() end
    from judged where outcome in ('created', 'updated')
    on conflict (reviewer_id, interview_id) do update
        set rating = excluded.rating, comment = excluded.comment, question_ratings = excluded.question_ratings,
            reviewer_name = excluded.reviewer_name, version = r.version + 1, updated_at = now(),
            submitted_at = coalesce(r.submitted_at, excluded.submitted_at)
    returning *, views.review_json(r, (select questions from judged)) as review
),
revised as (
    insert into views.review_revisions (review_id, version, visit_id, rating, comment, question_ratings)
    select s.id, s.version, j.visit_id, s.rating, s.comment, s.question_ratings from saved s, judged j
),
counted as (
    update views.activity a set feedback_version = a.feedback_version + 1 from saved s where a.reviewer_id = s.reviewer_id
),
seen as (
    update views.visits v set last_seen_at = now() from judged j where v.id = j.visit_id and v.last_seen_at < now() - interval '1 minute'
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, reviewer_id, data, request_id, traceparent)
    select $9, s.account_id, case when j.before_submitted_at is null then 'review.submitted' else 'review.updated' end,
           s.share_link_id, s.reviewer_id,
           jsonb_build_object('share_link_id', s.share_link_id, 'reviewer_id', s.reviewer_id, 'interview_id', s.interview_id, 'review_id', s.id),
           $10, $11
    from saved s, judged j
    where s.submitted_at is not null
    returning type, events.cloud_event(log) as cloud_event
)
select case when d.state <> 'active' then d.state
            when d.visit_id is null then 'no_session'
            else coalesce(j.outcome, 'no_interview') end as outcome,
       coalesce((select review from saved), (select views.review_json(b.review, j.questions) from before b)) as review,
       coalesce((select s.version from saved s), j.before_version) as version,
       array_to_json(j.unknown_places) as unknown_places,
       (select type from logged) as event_type, (select cloud_event from logged) as cloud_event
from door d
left join judged j on true
