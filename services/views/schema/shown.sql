-- What a link lets its reviewers see of its interviews. The six settings are applied here and nowhere else: the list, one interview and
-- the search are made of this view, and what it leaves out is in none of them. A column that a statement does not ask for costs nothing;
-- one that it uses more than once it should materialize.

-- A reviewer's interviews as the link's settings let them be seen; none where the link is not open.
create or replace view views.shown_interviews as
select d.token_hash, d.reviewer_id, d.account_id, d.media_salt, i.position, i.interview_id, m.type, m.job, m.completed_at, m.language,
       case when d.abbreviate_names then m.candidate ->> 'first_name'
            else concat_ws(' ', m.candidate ->> 'first_name', nullif(m.candidate ->> 'last_name', '')) end as display_name,
       not d.omit_avatars and m.candidate ->> 'avatar_url' is not null as has_avatar,
       case when not d.exclude_full_profiles then m.candidate -> 'profile' end as profile,
       not d.exclude_full_profiles and m.candidate #>> '{resume,url}' is not null as has_resume,
       case when d.exclude_full_profiles or m.candidate #>> '{resume,url}' is null then null
            when d.abbreviate_names then 'resume.' || views.file_extension(m.candidate #>> '{resume,file_name}')
            else m.candidate #>> '{resume,file_name}' end as resume_name,
       case when jsonb_typeof(m.questions) is distinct from 'array' then '[]'
            when d.hide_skipped_questions
                then (select coalesce(jsonb_agg(q.question order by q.place), '[]') from views.shown_questions(i.document, true) q)
            else m.questions end as questions,
       case when not d.mask_questionnaire then m.questionnaire end as questionnaire,
       not d.disable_feedback as has_feedback, f as review
from links.doors d
join links.shared_interviews i on i.share_link_id = d.share_link_id
-- The document is unpacked once.
cross join lateral jsonb_to_record(i.document)
    as m (type text, job jsonb, completed_at text, candidate jsonb, questions jsonb, questionnaire jsonb, language text)
left join views.reviews f on not d.disable_feedback and f.reviewer_id = d.reviewer_id and f.interview_id = i.interview_id
where d.state = 'active';

-- What a reviewer has seen and said of an interview, for each of its questions in their order: percent of the recording that were
-- seen, null where there is none, and stars. answers is null while nothing was seen. seen: seconds by question; ratings as
-- views.reviews has them. Called in a from clause, it is put into the statement itself.
create or replace function views.progress_of(questions jsonb, seen jsonb, ratings jsonb)
returns table (question_count int, duration_seconds numeric, watched json, answer_ratings json)
language sql stable as $$
    select p.question_count, p.duration_s,
           row_to_json(w), array_to_json(p.stars)
    from (
        select count(e.place)::int as question_count, coalesce(round(sum(e.duration_s), 1), 0) as duration_s,
               coalesce(round(sum(e.seconds) filter (where e.duration_s is not null), 1), 0) as seconds,
               array_agg(case when e.duration_s > 0 then least(100, round(100 * e.seconds / e.duration_s))::int end order by e.place) as percent,
               coalesce(array_agg((stars.by_question ->> e.id)::int order by e.place) filter (where e.place is not null), '{}') as stars
        from (select jsonb_object_agg(r.value ->> 'question_id', r.value -> 'rating') as by_question from jsonb_array_elements(ratings) r) stars
        left join (
            select q.place, q.value ->> 'id' as id, (q.value #>> '{answer,duration_seconds}')::numeric as duration_s,
                   coalesce((seen ->> (q.value ->> 'id'))::numeric, 0) as seconds
            from jsonb_array_elements(questions) with ordinality as q (value, place)
        ) e on true
    ) p
    cross join lateral (select p.seconds, p.duration_s as of, case when p.seconds > 0 then array_to_json(p.percent) end as answers) w
$$;
