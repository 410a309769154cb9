-- A reviewer's shortlist. Everything that the link's settings hide is taken out in "redacted", and what comes after it, search,
-- filters, sort and the reply, knows nothing else: what is left out there is nowhere. Whether the session is good is read in this
-- same statement, and so is content_version, by which this very page may be given out again (see prove_session.sql).
-- media_path is what media references hang under; words are those of the search, as LIKE patterns.
-- in   token_hash bytea, session_hash bytea?, media_path text, words text[]?, job_id text?, type text?, is_reviewed bool?,
--      min_rating int?, sort text?
-- enum door from services/views/door.h: open | expired | deactivated | no_session | no row: unknown
-- out  door door, asks_for_feedback bool, content json?, content_version text
with door as materialized (
    select d.*, views.door(d.state, v.id) as door, concat_ws(' ', a.feedback_version, c.content_version) as content_version,
           d.disable_feedback and (:is_reviewed is not null or :min_rating is not null or coalesce(:sort, '') in ('rating', '-rating')) as asks_for_feedback
    from links.doors d
    join links.content_states c on c.share_link_id = d.share_link_id
    left join views.visit_of_session(:session_hash, d.reviewer_id, d.passcode_epoch) v on true
    left join views.activity a on a.reviewer_id = d.reviewer_id
    where d.token_hash = :token_hash
),
redacted as materialized (
    select d.reviewer_id, d.media_salt, i.position, i.interview_id, m.type, m.job, m.completed_at,
           case when d.abbreviate_names then m.candidate ->> 'first_name'
                else concat_ws(' ', m.candidate ->> 'first_name', nullif(m.candidate ->> 'last_name', '')) end as display_name,
           not d.omit_avatars and m.candidate ->> 'avatar_url' is not null as has_avatar,
           case when not d.exclude_full_profiles then m.candidate -> 'profile' end as profile,
           not d.exclude_full_profiles and m.candidate #>> '{resume,url}' is not null as has_resume,
           case when d.exclude_full_profiles or m.candidate #>> '{resume,url}' is null then null
                when d.abbreviate_names then 'resume.' || views.file_extension(m.candidate #>> '{resume,file_name}')
                else m.candidate #>> '{resume,file_name}' end as resume_name,
           (select coalesce(jsonb_agg(q.question order by q.place), '[]')
            from views.shown_questions(i.document, d.hide_skipped_questions) q) as questions,
           case when not d.mask_questionnaire then m.questionnaire end as questionnaire,
           not d.disable_feedback as has_feedback
    from door d
    join links.shared_interviews i on i.share_link_id = d.share_link_id
    -- The document is unpacked once.
    cross join lateral jsonb_to_record(i.document) as m (type text, job jsonb, completed_at text, candidate jsonb, questionnaire jsonb)
    where d.door = 'open' and not d.asks_for_feedback
),
found as materialized (
    select r.*, v.review, row_number() over (order by
               case when :sort = 'name' then lower(r.display_name collate "und-x-icu") end,
               case when :sort = '-name' then lower(r.display_name collate "und-x-icu") end desc,
               case when :sort = 'completed_at' then sharelink.time_of(r.completed_at) end nulls last,
               case when :sort = '-completed_at' then sharelink.time_of(r.completed_at) end desc nulls last,
               case when :sort = 'rating' then (v.review).rating end nulls last,
               case when :sort = '-rating' then (v.review).rating end desc nulls last,
               r.position) as place
    from redacted r
    left join lateral (
        select f as review from views.reviews f
        where r.has_feedback and f.reviewer_id = r.reviewer_id and f.interview_id = r.interview_id
    ) v on true
    where (:job_id is null or r.job ->> 'id' = :job_id)
      and (:type is null or r.type = :type)
      and (:is_reviewed is null or coalesce(not (v.review).is_empty, false) = :is_reviewed)
      and (:min_rating is null or (v.review).rating >= :min_rating)
      and (:words is null or lower(concat_ws(E'\n', r.display_name, r.job ->> 'title', r.resume_name,
              (select string_agg(word #>> '{}', E'\n') from jsonb_path_query(r.profile, 'strict $.**') word where jsonb_typeof(word) = 'string'),
              (select string_agg(concat_ws(E'\n', q ->> 'text', q #>> '{answer,text}'), E'\n') from jsonb_array_elements(r.questions) q),
              (select string_agg(word #>> '{}', E'\n') from jsonb_path_query(r.questionnaire, 'strict $.**') word where jsonb_typeof(word) = 'string')
          ) collate "und-x-icu") like all (array(select lower(word collate "und-x-icu") from unnest(:words) word)))
),
shown as (
    select f.place, case when f.has_feedback then row_to_json(m) else (row_to_json(m)::jsonb - 'my_review')::json end as interview
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
                       'captions_url', case when e.answer ->> 'captions_url' is not null
                                            then :media_path || views.media_ref(f.media_salt, f.position, 'captions:' || e.id) end,
                       'duration_seconds', e.answer -> 'duration_seconds',
                       'text', e.answer -> 'text') end,
                   'watched', json_build_object('seconds', round(coalesce(w.seconds, 0)::numeric, 1),
                                                'position', round(coalesce(w.position, 0)::numeric, 1)))
                   order by e.place), '[]') as questions,
               round(sum(w.seconds) filter (where e.answer ->> 'duration_seconds' is not null)::numeric, 1) as watched_s,
               round(sum((e.answer ->> 'duration_seconds')::numeric), 1) as duration_s
        from rows from (jsonb_to_recordset(f.questions) as (id text, text text, skipped jsonb, answer jsonb)) with ordinality
                 as e (id, text, skipped, answer, place)
        left join views.watch w on w.reviewer_id = f.reviewer_id and w.interview_id = f.interview_id and w.question_id = e.id
    ) q
    cross join lateral (
        select f.interview_id as id, f.type, f.job, f.completed_at,
               json_build_object(
                   'display_name', f.display_name,
                   'avatar_url', case when f.has_avatar then :media_path || views.media_ref(f.media_salt, f.position, 'avatar') end,
                   'profile', f.profile,
                   'resume', case when f.has_resume then json_build_object(
                       'file_name', f.resume_name, 'url', :media_path || views.media_ref(f.media_salt, f.position, 'resume')) end) as candidate,
               q.questions, f.questionnaire,
               json_build_object('seconds', coalesce(q.watched_s, 0), 'of', coalesce(q.duration_s, 0)) as watched,
               views.feedback_json(f.review, (
                   select coalesce(jsonb_agg(r.rating order by r.place), '[]')
                   from views.question_ratings((f.review).question_ratings, f.questions) r where r.is_shown)) as my_review
    ) m
)
select d.door, d.asks_for_feedback,
       case when d.door = 'open' and not d.asks_for_feedback then json_build_object(
           'settings', json_build_object(
               'abbreviate_names', d.abbreviate_names,
               'omit_avatars', d.omit_avatars,
               'exclude_full_profiles', d.exclude_full_profiles,
               'hide_skipped_questions', d.hide_skipped_questions,
               'disable_feedback', d.disable_feedback,
               'mask_questionnaire', d.mask_questionnaire),
           'sender_name', d.sender_name,
           'expires_at', sharelink.rfc3339(d.expires_at),
           'interviews', (select coalesce(json_agg(s.interview order by s.place), '[]') from shown s),
           'total', (select count(*) from shown)) end as content,
       d.content_version
from door d
