-- One interview of a reviewer's link, whole: what its row in the list has, and its texts and media. What the link's settings hide is taken
-- out by views.shown_interviews, and nothing else is known here. media_path is what media references hang under.
-- in   token_hash bytea, session_hash bytea?, interview_id text, media_path text
-- enum door from services/views/door.h: open | expired | deactivated | no_session | no_interview | no row: unknown
-- out  door door, interview json?
with door as materialized (
    select d.token_hash, d.reviewer_id, v.id as visit_id, v.last_seen_at, views.door(d.state, v.id) as door
    from links.doors d
    left join views.visit_of_session(:session_hash, d.reviewer_id, d.passcode_epoch) v on true
    where d.token_hash = :token_hash
),
redacted as materialized (
    select i.*
    from door d join views.shown_interviews i on i.token_hash = d.token_hash and i.interview_id = :interview_id
    where d.door = 'open'
),
seen as materialized (
    select w.* from redacted r join views.watch w on w.reviewer_id = r.reviewer_id and w.interview_id = r.interview_id
),
visited as (
    update views.visits v set last_seen_at = now()
    from (select s.id from door d join views.visits s on s.id = d.visit_id
          where d.door = 'open' and s.last_seen_at < now() - interval '1 minute'
          for update of s skip locked) late
    where v.id = late.id
),
shown as (
    select case when r.has_feedback then row_to_json(m) else (row_to_json(m)::jsonb - 'my_review')::json end as interview
    from redacted r
    cross join lateral (select jsonb_object_agg(s.question_id, s.seconds) as by_question from seen s) w
    cross join lateral views.progress_of(r.questions, w.by_question, (r.review).question_ratings) p
    cross join lateral (
        select coalesce(json_agg(row_to_json(shown) order by e.place), '[]') as questions
        from rows from (jsonb_to_recordset(r.questions) as (id text, text text, skipped jsonb, answer jsonb)) with ordinality
                 as e (id, text, skipped, answer, place)
        left join seen s on s.question_id = e.id
        cross join lateral (
            select e.answer -> 'kind' as kind,
                   case when e.answer ->> 'media_url' is not null
                        then :media_path || views.media_ref(r.media_salt, r.position, 'media:' || e.id) end as media_url,
                   case when views.has_captions(e.answer)
                        then :media_path || views.media_ref(r.media_salt, r.position, 'captions:' || e.id) end as captions_url,
                   e.answer -> 'duration_seconds' as duration_seconds, e.answer -> 'text' as text,
                   r.transcripts -> e.id as transcript
        ) a
        cross join lateral (
            select round(coalesce(s.seconds, 0)::numeric, 1) as seconds, round(coalesce(s.position, 0)::numeric, 1) as position
        ) so_far
        cross join lateral (
            select e.id, e.text, e.skipped, case when jsonb_typeof(e.answer) = 'object' then row_to_json(a) end as answer, so_far as watched
        ) shown
    ) q
    cross join lateral (
        select r.display_name,
               case when r.has_avatar then :media_path || views.media_ref(r.media_salt, r.position, 'avatar') end as avatar_url, r.profile,
               case when r.has_resume then json_build_object(
                   'file_name', r.resume_name, 'url', :media_path || views.media_ref(r.media_salt, r.position, 'resume')) end as resume
    ) candidate
    cross join lateral (
        select r.interview_id as id, r.type, r.job, r.completed_at, r.language, candidate, p.question_count, p.duration_seconds,
               q.questions, r.questionnaire, p.watched,
               views.feedback_json(r.review, (
                   select coalesce(jsonb_agg(g.rating order by g.place), '[]')
                   from views.question_ratings((r.review).question_ratings, r.questions) g where g.is_shown)) as my_review
    ) m
)
select case when d.door = 'open' and s.interview is null then 'no_interview' else d.door end as door, s.interview
from door d
left join shown s on true
