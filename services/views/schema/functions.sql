-- What a page shows of an interview, a reviewer's own feedback, visits, and what becomes of them with the candidate.

-- The extension of a file name alone, so that a hidden name does not leak through it.
create or replace function views.file_extension(file_name text) returns text
language sql immutable
return coalesce(lower(substring(file_name from '\.([A-Za-z0-9]{1,8})$')), 'pdf');

-- The reference by which a page asks for one of an interview's media: the member's place in the link, and a digest that
-- only this link can make. slot: avatar, resume, media:<question id>, captions:<question id>. A page of 500 interviews makes
-- thousands. Said to be stable, as the conversion inside it is, the function can be put into the statement itself; called, it
-- cost most of the page's time.
create or replace function views.media_ref(salt bytea, place int, slot text) returns text
language sql stable
return place || '-' || left(encode(sha256(salt || convert_to(place || ' ' || slot, 'UTF8')), 'hex'), 32);

-- The questions that a link shows; all statements that show, take or look up something of a question go by it.
create or replace function views.visible_questions(document jsonb, hides_skipped boolean) returns jsonb
language sql immutable
return (
    select coalesce(jsonb_agg(q.value order by q.place), '[]')
    from jsonb_array_elements(case when jsonb_typeof(document -> 'questions') = 'array' then document -> 'questions' else '[]' end)
         with ordinality as q (value, place)
    where not (hides_skipped and coalesce((q.value ->> 'skipped')::boolean, false))
);

-- The ratings of questions that are (or are not) among these.
create or replace function views.question_ratings_of(question_ratings jsonb, questions jsonb, are_among boolean) returns jsonb
language sql immutable
return (
    select coalesce(jsonb_agg(r.value order by r.place), '[]')
    from jsonb_array_elements(question_ratings) with ordinality as r (value, place)
    where exists (select from jsonb_array_elements(questions) as q (value) where q.value -> 'id' = r.value -> 'question_id') = are_among
);

-- A reviewer's own feedback as the page gets it: nothing about a question that the page does not show. The body is text, as
-- links/schema/functions.sql has it.
create or replace function views.review_json(review views.reviews, questions jsonb) returns json
language sql stable as $$
    select case when review.id is not null then json_build_object(
        'id', review.id,
        'rating', review.rating,
        'comment', review.comment,
        'question_ratings', views.question_ratings_of(review.question_ratings, questions, true),
        'version', review.version,
        'created_at', sharelink.rfc3339(review.created_at),
        'updated_at', sharelink.rfc3339(review.updated_at)) end
$$;

-- Volatile, so that a statement which had to wait for the reviewer's row sees what was committed meanwhile.
create or replace function views.review_now(of_reviewer_id text, of_interview_id text) returns setof views.reviews
language sql volatile rows 1 as $$
    select * from views.reviews where reviewer_id = of_reviewer_id and interview_id = of_interview_id
$$;

-- The rule of sessions: one is good for its own reviewer, for 12 hours, until the passcode changes. It is put into the statement
-- itself, which finds the visit by its session's hash.
create or replace function views.is_good_for(visit views.visits, of_reviewer_id text, epoch int) returns boolean
language sql stable as $$
    select visit.reviewer_id = of_reviewer_id and visit.passcode_epoch = epoch and visit.opened_at > now() - interval '12 hours'
$$;

-- What a visitor finds at a link's door: how the link is comes first; then it takes a visit whose session is good.
create or replace function views.door(state text, visit_id text) returns text
language sql immutable
return case when state <> 'active' then state when visit_id is null then 'no_session' else 'open' end;

-- The visit of a session that is alive and was seen in the last 30 minutes: it goes on.
create or replace function views.continue_visit(of_session_hash bytea, of_reviewer_id text, epoch int) returns text
language plpgsql volatile as $$
declare
    found_id text;
begin
    update views.visits v set last_seen_at = now()
    where v.session_hash = of_session_hash and views.is_good_for(v, of_reviewer_id, epoch) and v.last_seen_at > now() - interval '30 minutes'
    returning v.id into found_id;
    return found_id;
end
$$;

-- Published for the links service: forgets what reviewers did with an interview. The caller has locked the interview's row,
-- so nobody can add to it any more.
create or replace function views.erase_feedback(of_account_id text, of_interview_id text)
returns table (reviews int, review_revisions int, watch_records int)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    seen int;
begin
    select count(*) into review_revisions from views.review_revisions v
    join views.reviews r on r.id = v.review_id where r.account_id = of_account_id and r.interview_id = of_interview_id;
    delete from views.reviews r where r.account_id = of_account_id and r.interview_id = of_interview_id;
    get diagnostics reviews = row_count;
    delete from views.watched w where w.account_id = of_account_id and w.interview_id = of_interview_id;
    get diagnostics seen = row_count;
    delete from views.watch w where w.account_id = of_account_id and w.interview_id = of_interview_id;
    get diagnostics watch_records = row_count;
    watch_records := watch_records + seen;
    return next;
end
$$;
