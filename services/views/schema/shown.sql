-- What a link lets its reviewers see of its interviews. The six settings are applied here: the list, one interview and the search are
-- made of this view, and what it leaves out is in none of them. Which media may be asked for is find_media.sql's to judge, by the same. A column that a statement does not ask for costs nothing;
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
       -- Lines by question.
       (select jsonb_object_agg(t.question_id, t.lines)
        from views.transcripts_of(d.account_id, i.interview_id, i.document) t
        where not d.hide_skipped_questions
              or exists (select from views.shown_questions(i.document, true) q where q.question ->> 'id' = t.question_id)) as transcripts,
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

-- The texts of an interview that are searched, those first that say most about it: each with where it stands (an enum place of
-- services/views/search_text.h by its name), of which question, and when it is said. Called in a from clause, it is put into the
-- statement itself.
create or replace function views.searched_texts(display_name text, job jsonb, questions jsonb, transcripts jsonb, profile jsonb, resume_name text,
                                                questionnaire jsonb)
returns table (rank int, number bigint, line bigint, question_id text, start numeric, value text)
language sql stable as $$
    select 1, 1::bigint, 1::bigint, null::text, null::numeric, display_name
    union all
    select 2, 1, 1, null, null, job ->> 'title'
    union all
    select k.rank, q.number, 1, q.value ->> 'id', null, q.value #>> k.path
    from jsonb_array_elements(questions) with ordinality as q (value, number)
    cross join (values (3, '{text}'::text[]), (4, '{answer,text}')) as k (rank, path)
    union all
    select 5, q.number, l.line, q.value ->> 'id', (l.value ->> 'start')::numeric, l.value ->> 'text'
    from jsonb_array_elements(case when transcripts is not null then questions else '[]' end) with ordinality as q (value, number)
    cross join lateral jsonb_array_elements(transcripts -> (q.value ->> 'id')) with ordinality as l (value, line)
    union all
    select 6, w.number, 1, null, null, w.value #>> '{}'
    from jsonb_path_query(profile, 'strict $.**') with ordinality as w (value, number) where jsonb_typeof(w.value) = 'string'
    union all
    select 7, 1, 1, null, null, resume_name
    union all
    select 8, w.number, 1, null, null, w.value #>> '{}'
    from jsonb_path_query(questionnaire, 'strict $.**') with ordinality as w (value, number) where jsonb_typeof(w.value) = 'string'
$$;

-- Texts that were joined by U+001F as lines of one: what is or becomes a blank is one. To replace what is mostly not there is fifty times as
-- fast as to translate all.
create or replace function views.as_lines(joined text) returns text
language plpgsql immutable strict as $$
declare
    lines text := replace(replace(replace(joined, E'\n', ' '), E'\r', ' '), E'\t', ' ');
    blank text;
begin
    if lines ~ '[\u00A0\u1680\u2000-\u200A\u202F\u205F\u3000]' then
        foreach blank in array string_to_array(U&'\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\202F\205F\3000', null) loop
            lines := replace(lines, blank, ' ');
        end loop;
    end if;
    return replace(lines, E'\x1F', E'\n');
end
$$;

-- The characters of most alphabets, Latin to Arabic, and of punctuation, those that folding changes: each before what it is folded to, a
-- line each. What they are folded to depends on no other, and all marks among them are folded to nothing. A blank that comes of an accent
-- by itself is none.
create or replace function views.folds() returns text
language sql stable as $$
    select string_agg(c.letter || c.folded, E'\n' order by c.number)
    from (
        select n.number, chr(n.number) as letter, replace(sharelink.folded(chr(n.number)), ' ', '') as folded
        from (select generate_series(x'80'::int, x'6FF'::int) union all select generate_series(x'2000'::int, x'20CF'::int)) n (number)
    ) c
    where c.folded <> c.letter
$$;

-- Lines of text folded, each with as many blanks as before, so that a place in one leads to its place in the other. Null where all of them
-- is ASCII, folded by making it small, or what views.folds has, or a picture, which is folded to itself: most texts are, and to fold them
-- here would take most of a search's time.
create or replace function views.folded_in_place(lines text) returns text
language plpgsql immutable strict as $$
declare
    folded text;
begin
    if octet_length(lines) = char_length(lines) or lines !~ '[^\u0001-\u06FF\u2000-\u20CF\U0001F300-\U0001FAFF]' then
        return null;
    end if;
    folded := sharelink.folded(lines);
    if char_length(replace(folded, ' ', '')) + char_length(lines) = char_length(folded) + char_length(replace(lines, ' ', '')) then
        return folded;
    end if;
    -- Some characters, such as an accent by itself, are folded to a blank and more.
    return (
        select string_agg(f.line, E'\n' order by l.place)
        from regexp_split_to_table(lines, E'\n') with ordinality as l (line, place)
        cross join lateral (
            select string_agg(replace(sharelink.folded(w.word), ' ', ''), ' ' order by w.place) as line
            from regexp_split_to_table(l.line, ' ') with ordinality as w (word, place)
        ) f);
end
$$;

-- Who shares, as pages show it; null where the account says nothing of it. logo: the digest of the image.
create or replace function views.brand_json(name text, accent text, logo text) returns json
language sql immutable
return case when coalesce(name, accent, logo) is not null
            then json_build_object('name', name, 'accent', accent, 'logo_url', '/logos/' || logo) end;
