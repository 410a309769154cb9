-- A reviewer's list, a row for each interview in its order, or one row where there is none to show. What the link's settings hide is taken
-- out by views.shown_interviews, and nothing else is known here: what is left out there is nowhere. That goes for the order of names and for
-- all that is filtered by, too. What is searched is gathered apart (gather_texts.sql), and the texts of an interview are its own
-- (show_interview.sql). It is made for a reviewer, not for a session: those are proved by prove_session.sql. media_path is what media
-- references hang under. A list that would be long says less in its rows; each interview says all (docs/limits.md).
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
shown as materialized (
    select i.position, i.name_rank, i.completed_at, i.is_reviewed, i.has_feedback, i.interview_id as id, candidate, i.job, i.type,
           p.question_count, p.duration_seconds, p.watched, (i.review).rating, (i.review).recommendation, (i.review).comment, p.answer_ratings,
           (i.review).version, sharelink.rfc3339((i.review).updated_at) as updated_at
    from door d
    cross join lateral (
        select s.position, s.interview_id, s.media_salt, s.type, s.job, s.completed_at, s.display_name, s.has_avatar, s.questions,
               s.has_feedback, s.review, coalesce(not (s.review).is_empty, false) as is_reviewed,
               rank() over (order by s.display_name collate "und-x-icu") as name_rank
        from views.shown_interviews s where s.token_hash = d.token_hash offset 0
    ) i
    left join seen on seen.interview_id = i.interview_id
    cross join lateral views.progress_of(i.questions, seen.by_question, (i.review).question_ratings) p
    cross join lateral (
        select i.display_name,
               case when i.has_avatar then :media_path || views.media_ref(i.media_salt, i.position, 'avatar') end as avatar_url
    ) candidate
),
-- How much a row says of one's own doings: all of it first, and less where the list would be too long.
levels (level, has_answers, comment_length, has_ratings) as (
    values (0, true, 140, true), (1, false, 140, true), (2, false, 40, true), (3, false, 40, false)
),
written as materialized (
    select l.level, s.position,
           -- Its last brace makes room for the feedback.
           left(row_to_json(m)::text, -1)
           || case when s.has_feedback then ',"my_review":' || case when s.is_reviewed then row_to_json(f)::text else 'null' end else '' end
           || '}' as interview
    from shown s
    join levels l on l.level = 0 or (select count(*) > 50 from shown) -- a short list is never too long
    cross join lateral (
        select s.id, s.candidate, s.job, s.type, s.completed_at, s.question_count, s.duration_seconds,
               case when l.has_answers then s.watched
                    else json_build_object('seconds', s.watched -> 'seconds', 'of', s.watched -> 'of', 'answers', null) end as watched
    ) m
    cross join lateral (
        select s.rating, s.recommendation, left(s.comment, l.comment_length) as comment,
               case when l.has_ratings then s.answer_ratings end as answer_ratings, s.version, s.updated_at
    ) f
),
-- 225,000 bytes are 60,000 when they are packed, whatever they say.
chosen as (
    select coalesce(min(w.level) filter (where w.bytes <= 225000), max(w.level)) as level
    from (select level, sum(octet_length(interview)) as bytes from written group by level) w
)
select case when d.state = 'active' then 'open' else d.state end as door, d.link_version, d.content_version,
       not d.disable_feedback as has_feedback,
       case when coalesce(row_number() over (order by s.position) = 1, true) then json_build_object(
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
       w.interview, s.name_rank, (extract(epoch from sharelink.time_of(s.completed_at)) * 1000000)::bigint as completed_us,
       s.rating::int, s.is_reviewed, s.job ->> 'id' as job_id, s.type
from door d
left join (shown s join written w using (position) join chosen using (level)) on true
order by position
