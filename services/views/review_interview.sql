-- Saves a reviewer's feedback on one interview. The reviewer's row is locked first, so that of two tabs the second sees what
-- the first has saved; then the interview's, which an erasure takes before the feedback (docs/architecture.md, "In which order rows are
-- locked"). What is there already is no new revision and no event, whatever version the caller had in mind. What
-- was said about questions that are hidden by now stays as it was. Who changes feedback is not done any more.
-- version 0 wants that there is none yet; review_id is for a new one.
-- in   token_hash bytea, session_hash bytea?, interview_id text, rating smallint?, recommendation text?, comment text,
--      question_ratings jsonb, tags text?, review_id text, revisions_max int, revisions_kb_max int, event_id text, request_id text, traceparent text?
-- enum door from services/views/door.h:
--      open | expired | deactivated | no_session | no_interview | feedback_disabled | no row: unknown
-- out  door door, outcome: created | updated | same | unknown_question | version_mismatch | no row: refused,
--      review json?, version int?, unknown_places json?, event_type text?, event text?
with door as materialized (
    select d.*, v.id as visit_id, views.door(d.state, v.id) as door
    from links.doors d
    left join views.visit_of_session(:session_hash, d.reviewer_id, d.passcode_epoch) v on true
    where d.token_hash = :token_hash
),
subject as materialized (
    select d.*, (select jsonb_agg(q.question) from views.shown_questions(i.document, d.hide_skipped_questions) q) as questions
    from door d
    join links.shared_interviews i on i.share_link_id = d.share_link_id and i.interview_id = :interview_id
    where d.door = 'open'
),
locked as materialized (
    select a.reviewer_id from views.activity a join subject s on s.reviewer_id = a.reviewer_id where not s.disable_feedback for update of a
),
held as materialized (
    select l.reviewer_id, (select count(*) from links.hold_interviews(s.account_id, array[:interview_id])) as many
    from locked l join subject s on s.reviewer_id = l.reviewer_id
),
before as materialized (
    select r as review, r.* from held h
    cross join lateral views.review_now(case when sharelink.after(h.many) then h.reviewer_id end, :interview_id) r
),
wanted as materialized (
    select s.*, b.id as before_id, b.version as before_version, b.submitted_at as before_submitted_at, b.rating as before_rating,
           k.question_ratings,
           array(select g.place - 1 from views.question_ratings(:question_ratings, s.questions) g where not g.is_shown) as unknown_places,
           b.id is not null and (b.rating, b.recommendation, b.comment, b.question_ratings)
                                is not distinct from (:rating, :recommendation, :comment, k.question_ratings) as is_same
    from subject s
    left join held h on true
    left join before b on sharelink.after(h.many)
    cross join lateral (
        select :question_ratings || coalesce(jsonb_agg(g.rating order by g.place) filter (where not g.is_shown), '[]') as question_ratings
        from views.question_ratings(b.question_ratings, s.questions) g
    ) k
),
judged as materialized (
    select w.*, case when w.disable_feedback then 'refused'
                     when w.unknown_places <> '{}' then 'unknown_question'
                     when w.is_same then 'same'
                     when sharelink.is_other(coalesce('v' || w.before_version, '*'), :tags) then 'version_mismatch'
                     when w.before_id is null then 'created'
                     else 'updated' end as outcome
    from wanted w
),
saved as (
    insert into views.reviews as r (id, account_id, share_link_id, reviewer_id, reviewer_name, interview_id, rating, recommendation,
                                    comment, question_ratings, submitted_at)
    select :review_id, account_id, share_link_id, reviewer_id, reviewer_name, :interview_id, :rating, :recommendation, :comment, question_ratings,
           case when :rating is not null or :recommendation is not null or :comment <> '' or question_ratings <> '[]' then now() end
    from judged where outcome in ('created', 'updated')
    on conflict (reviewer_id, interview_id) do update
        set rating = excluded.rating, recommendation = excluded.recommendation, comment = excluded.comment,
            question_ratings = excluded.question_ratings, reviewer_name = excluded.reviewer_name, version = r.version + 1, updated_at = now(),
            submitted_at = coalesce(r.submitted_at, excluded.submitted_at)
    returning r as review, *
),
revised as (
    insert into views.review_revisions (review_id, version, visit_id, rating, recommendation, comment, question_ratings)
    select s.id, s.version, j.visit_id, s.rating, s.recommendation, s.comment, s.question_ratings from saved s, judged j
),
forgotten as materialized (
    select views.forget_revisions(s.id, s.version, pg_column_size(s.comment) + pg_column_size(s.question_ratings),
                                  :revisions_max, :revisions_kb_max) as many
    from saved s
),
counted as (
    update views.activity a set feedback_version = a.feedback_version + 1,
        done_at = case when s.submitted_at is null then a.done_at end, done_note = case when s.submitted_at is null then a.done_note end
    from saved s where a.reviewer_id = s.reviewer_id
),
rated as (
    update views.link_activity l
    set rating_count = l.rating_count + (s.rating is not null)::int - (j.before_rating is not null)::int,
        rating_sum = l.rating_sum + coalesce(s.rating, 0) - coalesce(j.before_rating, 0)
    from saved s cross join judged j
    where l.share_link_id = s.share_link_id and s.rating is distinct from j.before_rating
),
seen as (
    update views.visits v set last_seen_at = now()
    from (select s.id from judged j join views.visits s on s.id = j.visit_id
          where s.last_seen_at < now() - interval '1 minute'
          for update of s skip locked) late
    where v.id = late.id
),
logged as (
    select e.type, e.cloud_event
    from saved s
    cross join judged j
    cross join lateral events.add_of_reviewers(
        array[:event_id], array[case when j.before_submitted_at is null then 'review.submitted' else 'review.updated' end],
        array[s.reviewer_id], array[jsonb_build_object('interview_id', s.interview_id, 'review_id', s.id)],
        array[:request_id], array[:traceparent]) e
    where s.submitted_at is not null
),
-- What is saved now.
current as materialized (
    select review from saved
    union all
    select review from before where not exists (select from saved)
)
select case when d.door <> 'open' then d.door
            when j.reviewer_id is null then 'no_interview'
            when j.disable_feedback then 'feedback_disabled'
            else 'open' end as door,
       coalesce(j.outcome, 'refused') as outcome,
       views.feedback_json(c.review, (
           select coalesce(jsonb_agg(g.rating order by g.place), '[]')
           from views.question_ratings((c.review).question_ratings, j.questions) g where g.is_shown)) as review,
       (c.review).version,
       array_to_json(j.unknown_places) as unknown_places,
       (select type from logged) as event_type, (select cloud_event from logged) as event
from door d
left join judged j on true
left join current c on true
left join forgotten f on true
