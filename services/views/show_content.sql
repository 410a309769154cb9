-- A reviewer's shortlist, a row for each interview in its order, or one row where there is none to show. Everything that the link's
-- settings hide is taken out by views.shown_interviews, and nothing else is known here: what is left out there is nowhere. That goes
-- for the order of names and for all that is filtered by, too. What is searched is gathered apart (gather_texts.sql). It is made for a reviewer, not for a session: those are proved by prove_session.sql.
-- media_path is what media references hang under.
-- in   token_hash bytea, media_path text
-- lane heavy
-- enum door from services/views/door.h: open | expired | deactivated | no row: unknown
-- out  door door, link_version text, content_version text, has_feedback bool, head json?, interview json?, name_rank bigint?,
--      completed_us bigint?, rating int?, is_reviewed bool?, job_id text?, type text?
with door as materialized (
    select d.*, c.content_version as link_version, a.done_at,
           concat_ws(' ', a.feedback_version, c.content_version) as content_version
    from links.doors d
    join links.content_states c on c.share_link_id = d.share_link_id
    left join views.activity a on a.reviewer_id = d.reviewer_id
    where d.token_hash = :token_hash
),
redacted as materialized (
    select i.reviewer_id, i.media_salt, i.position, i.interview_id, i.type, i.job, i.completed_at, i.language, i.display_name, i.has_avatar,
           i.profile, i.has_resume, i.resume_name, i.questions, i.questionnaire, i.has_feedback, i.review
    from door d join views.shown_interviews i on i.token_hash = d.token_hash
),
seen as materialized (
    select w.interview_id, jsonb_object_agg(w.question_id, w.seconds) as by_question
    from door d join views.watch w on w.reviewer_id = d.reviewer_id
    group by 1
),
found as materialized (
    select r.*, rank() over (order by r.display_name collate "und-x-icu") as name_rank
    from redacted r
),
shown as (
    select f.position, row_number() over (order by f.position) = 1 as is_first, f.name_rank, f.completed_at,
           (f.review).rating, coalesce(not (f.review).is_empty, false) as is_reviewed, f.job ->> 'id' as job_id, f.type,
           case when f.has_feedback then row_to_json(m) else (row_to_json(m)::jsonb - 'my_review')::json end as interview
    from found f
    cross join lateral (
        select coalesce(json_agg(json_build_object(
                   'id', e.id,
                   'text', e.text,
                   'skipped', e.skipped,
                   'answer', case when jsonb_typeof(e.answer) = 'object' then json_build_object(
                       'kind', e.answer -> 'kind',
                       'media_url', case when e.answer ->> 'media_url' is not null
                                         then :media_path || views.media_ref(f.media_salt, f.position, 'media:' || e.id) end,
                       'captions_url', case when views.has_captions(e.answer)
                                            then :media_path || views.media_ref(f.media_salt, f.position, 'captions:' || e.id) end,
                       'duration_seconds', e.answer -> 'duration_seconds',
                       'text', e.answer -> 'text') end,
                   'watched', json_build_object('seconds', round(coalesce(w.seconds, 0)::numeric, 1),
                                                'position', round(coalesce(w.position, 0)::numeric, 1)))
                   order by e.place), '[]') as questions
        from rows from (jsonb_to_recordset(f.questions) as (id text, text text, skipped jsonb, answer jsonb)) with ordinality
                 as e (id, text, skipped, answer, place)
        left join views.watch w on w.reviewer_id = f.reviewer_id and w.interview_id = f.interview_id and w.question_id = e.id
    ) q
    left join seen on seen.interview_id = f.interview_id
    cross join lateral views.progress_of(f.questions, seen.by_question, (f.review).question_ratings) p
    cross join lateral (
        select f.interview_id as id, f.type, f.job, f.completed_at, f.language,
               json_build_object(
                   'display_name', f.display_name,
                   'avatar_url', case when f.has_avatar then :media_path || views.media_ref(f.media_salt, f.position, 'avatar') end,
                   'profile', f.profile,
                   'resume', case when f.has_resume then json_build_object(
                       'file_name', f.resume_name, 'url', :media_path || views.media_ref(f.media_salt, f.position, 'resume')) end) as candidate,
               p.question_count, p.duration_seconds, q.questions, f.questionnaire, p.watched,
               (views.feedback_json(f.review, (
                   select coalesce(jsonb_agg(r.rating order by r.place), '[]')
                   from views.question_ratings((f.review).question_ratings, f.questions) r where r.is_shown))::jsonb
                || jsonb_build_object('answer_ratings', p.answer_ratings))::json as my_review
    ) m
)
select case when d.state = 'active' then 'open' else d.state end as door, d.link_version, d.content_version, not d.disable_feedback as has_feedback,
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
