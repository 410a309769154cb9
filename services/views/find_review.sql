-- A reviewer's own feedback on one interview.
-- in   token_hash bytea, session_hash bytea?, interview_id text
-- enum door from services/views/door.h:
--      open | expired | deactivated | no_session | no_interview | feedback_disabled | no row: unknown
-- out  door door, review json?, version int?
with door as (
    select d.*, views.door(d.state, v.id) as door
    from links.doors d
    left join views.visits v on v.session_hash = :session_hash and views.is_good_for(v, d.reviewer_id, d.passcode_epoch)
    where d.token_hash = :token_hash
)
select case when d.door <> 'open' then d.door
            when i.interview_id is null then 'no_interview'
            when d.disable_feedback then 'feedback_disabled'
            else 'open' end as door,
       views.review_json(r, views.visible_questions(i.document, d.hide_skipped_questions)) as review, r.version
from door d
left join links.shared_interviews i on i.share_link_id = d.share_link_id and i.interview_id = :interview_id
left join views.reviews r on r.reviewer_id = d.reviewer_id and r.interview_id = i.interview_id
