-- A reviewer's own feedback on one interview. $1 the token's hash, $2 the session's hash, $3 interview.
with door as (
    select d.*, v.id as visit_id
    from links.doors d
    left join views.visits v on v.session_hash = $2 and v.reviewer_id = d.reviewer_id and v.passcode_epoch = d.passcode_epoch
                            and v.opened_at > now() - interval '12 hours'
    where d.token_hash = $1
)
select case when d.state <> 'active' then d.state
            when d.visit_id is null then 'no_session'
            when i.interview_id is null then 'no_interview'
            when d.disable_feedback then 'feedback_disabled'
            when r.id is null then 'no_review'
            else 'found' end as outcome,
       views.review_json(r, views.visible_questions(i.document, d.hide_skipped_questions)) as review, r.version
from door d
left join links.shared_interviews i on i.share_link_id = d.share_link_id and i.interview_id = $3
left join views.reviews r on r.reviewer_id = d.reviewer_id and r.interview_id = i.interview_id
