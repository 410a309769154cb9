-- A reviewer's own feedback on one interview.
-- in   token_hash bytea, session_hash bytea?, interview_id text
-- enum door from services/views/door.h:
--      open | expired | deactivated | no_session | no_interview | feedback_disabled | no row: unknown
-- out  door door, review json?, version int?
with door as (
    select d.*, views.door(d.state, v.id) as door
    from links.doors d
    left join views.visit_of_session(:session_hash, d.reviewer_id, d.passcode_epoch) v on true
    where d.token_hash = :token_hash
)
select case when d.door <> 'open' then d.door
            when i.interview_id is null then 'no_interview'
            when d.disable_feedback then 'feedback_disabled'
            else 'open' end as door,
       views.feedback_json(r, g.question_ratings) as review, r.version
from door d
left join links.shared_interviews i on i.share_link_id = d.share_link_id and i.interview_id = :interview_id
left join views.reviews r on r.reviewer_id = d.reviewer_id and r.interview_id = i.interview_id
cross join lateral (
    select jsonb_agg(q.question) as questions from views.shown_questions(i.document, d.hide_skipped_questions) q
) s
cross join lateral (
    select coalesce(jsonb_agg(g.rating order by g.place) filter (where g.is_shown), '[]') as question_ratings
    from views.question_ratings(r.question_ratings, s.questions) g
) g
