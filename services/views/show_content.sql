-- A reviewer's list, a row for each interview in its order, or one row where there is none to show. What the link's settings hide is taken
-- out by views.shown_interviews, and nothing else is known here: what is left out there is nowhere. That goes for the order of names and for
-- all that is filtered by, too. What is searched is gathered apart (gather_texts.sql), and the texts of an interview are its own
-- (show_interview.sql). It is made for a reviewer, not for a session: those are proved by prove_session.sql. media_path is what media
-- references hang under.
-- in   token_hash bytea, media_path text
-- lane heavy
-- enum door from services/views/door.h: open | expired | deactivated | no row: unknown
-- out  door door, link_version text, content_version text, has_feedback bool, head json?, interview text?, name_rank bigint?,
--      completed_us bigint?, rating int?, is_reviewed bool?, job_id text?, type text?
with door as materialized (
    select d.*, c.content_version as link_version, a.done_at,
           concat_ws(' ', a.feedback_version, c.content_version) as content_version
    from links.doors d
    join links.content_states c on c.share_link_id = d.share_link_id
    left join views.activity a on a.reviewer_id = d.reviewer_id
    where d.token_hash = :token_hash
),
seen as materialized (
    select w.interview_id, jsonb_object_agg(w.question_id, w.seconds) as by_question
    from door d join views.watch w on w.reviewer_id = d.reviewer_id
    group by 1
),
shown as (
    select i.position, row_number() over (order by i.position) = 1 as is_first,
           rank() over (order by i.display_name collate "und-x-icu") as name_rank, i.completed_at, (i.review).rating,
           coalesce(not (i.review).is_empty, false) as is_reviewed, i.job ->> 'id' as job_id, i.type,
           -- Its last brace makes room for the feedback.
           left(row_to_json(m)::text, -1)
           || case when i.has_feedback then ',"my_review":' || case when not (i.review).is_empty then row_to_json(f)::text else 'null' end else '' end
           || '}' as interview
    from door d
    cross join lateral (
        select s.position, s.interview_id, s.media_salt, s.type, s.job, s.completed_at, s.display_name, s.has_avatar, s.questions,
               s.has_feedback, s.review
        from views.shown_interviews s where s.token_hash = d.token_hash offset 0
    ) i
    left join seen on seen.interview_id = i.interview_id
    cross join lateral views.progress_of(i.questions, seen.by_question, (i.review).question_ratings) p
    cross join lateral (
        select i.display_name,
               case when i.has_avatar then :media_path || views.media_ref(i.media_salt, i.position, 'avatar') end as avatar_url
    ) candidate
    cross join lateral (
        select i.interview_id as id, candidate, i.job, i.type, i.completed_at, p.question_count, p.duration_seconds, p.watched
    ) m
    cross join lateral (
        select (i.review).rating, (i.review).recommendation, left((i.review).comment, 140) as comment, p.answer_ratings, (i.review).version,
               sharelink.rfc3339((i.review).updated_at) as updated_at
    ) f
)
select case when d.state = 'active' then 'open' else d.state end as door, d.link_version, d.content_version,
       not d.disable_feedback as has_feedback,
       case when coalesce(s.is_first, true) then json_build_object(
           'settings', json_build_object(
               'abbreviate_names', d.abbreviate_names,
               'omit_avatars', d.omit_avatars,
               'exclude_full_profiles', d.exclude_full_profiles,
               'hide_skipped_questions', d.hide_skipped_questions,
               'disable_feedback', d.disable_feedback,
               'mask_questionnaire', d.mask_questionnaire),
           'sender_name', d.sender_name,
           'brand', views.brand_json(d.brand_name, d.brand_accent, d.brand_logo),
           'expires_at', sharelink.rfc3339(d.expires_at),
           'done_at', sharelink.rfc3339(d.done_at),
           'reviewer_name', d.reviewer_name,
           'locale', coalesce(d.reviewer_locale, d.account_locale)) end as head,
       s.interview, s.name_rank, (extract(epoch from sharelink.time_of(s.completed_at)) * 1000000)::bigint as completed_us,
       s.rating::int, s.is_reviewed, s.job_id, s.type
from door d
left join shown s on true
order by s.position
