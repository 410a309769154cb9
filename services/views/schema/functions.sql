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

-- The questions that a link shows; all statements that show, take or look up something of a question go by it. Called in a
-- from clause, it is put into the statement itself.
create or replace function views.shown_questions(document jsonb, hides_skipped boolean) returns table (question jsonb, place bigint)
language sql stable as $$
    select q.value, q.place
    from jsonb_array_elements(case when jsonb_typeof(document -> 'questions') = 'array' then document -> 'questions' else '[]' end)
         with ordinality as q (value, place)
    where not (hides_skipped and coalesce((q.value ->> 'skipped')::boolean, false))
$$;

-- The lines that the platform sent of what is said in an answer, or null.
create or replace function views.own_lines(answer jsonb) returns jsonb
language sql immutable
return case when jsonb_typeof(answer -> 'transcript') = 'array' then nullif(answer -> 'transcript', '[]') end;

-- Whether captions of an answer can be shown, or will be.
create or replace function views.has_captions(answer jsonb) returns boolean
language sql immutable
return answer ->> 'captions_url' is not null or views.own_lines(answer) is not null;

-- A time of a line as WebVTT has it: to the millisecond, hours too.
create or replace function views.webvtt_time(seconds numeric) returns text
language sql immutable
return to_char(trunc(seconds / 3600), 'FM9900') || ':' || to_char(trunc(seconds % 3600 / 60), 'FM00') || ':'
       || to_char(trunc(seconds % 60, 3), 'FM00.000');

-- Lines as a browser shows them (https://www.w3.org/TR/webvtt1/). Their text is text: nothing in it is a tag, a cue of its own or a
-- style sheet. A cue ends at a blank line, so their text has none.
create or replace function views.webvtt(lines jsonb) returns text
language plpgsql immutable as $$
begin
    return E'WEBVTT\n' || (
        select coalesce(string_agg(format(E'\n%s --> %s\n%s\n', views.webvtt_time(l.start),
                                          views.webvtt_time(greatest(l.end, l.start + 0.001)), t.text), '' order by l.place), '')
        from rows from (jsonb_to_recordset(lines) as (start numeric, "end" numeric, text text)) with ordinality as l (start, "end", text, place)
        cross join lateral (
            select replace(replace(replace(btrim(regexp_replace(l.text, '\s*\n\s*', E'\n', 'g'), E' \t\n'), '&', '&amp;'), '<', '&lt;'),
                           '>', '&gt;') as text
        ) t
        where t.text <> '');
end
$$;

-- The text of lines, as it is searched.
create or replace function views.lines_searched(lines jsonb) returns text
language plpgsql immutable as $$
begin
    return (select coalesce(sharelink.folded(string_agg(l.value ->> 'text', E'\n' order by l.place)), '')
            from jsonb_array_elements(lines) with ordinality as l (value, place));
end
$$;

-- What is said in the answers of an interview, of those questions alone of which it is known: as its document has it, else as it was
-- fetched from the captions that the document names. Called in a from clause, it is put into the statement itself.
create or replace function views.transcripts_of(of_account_id text, of_interview_id text, document jsonb)
returns table (question_id text, lines jsonb, searched text)
language sql stable as $$
    select t.question_id, coalesce(views.own_lines(q.value -> 'answer'), t.lines), t.searched
    from jsonb_array_elements(case when jsonb_typeof(document -> 'questions') = 'array' then document -> 'questions' else '[]' end) as q (value)
    join views.transcripts t on t.account_id = of_account_id and t.interview_id = of_interview_id and t.question_id = q.value ->> 'id'
    where t.source = case when views.own_lines(q.value -> 'answer') is null then q.value #>> '{answer,captions_url}' else '' end
$$;

-- The ratings of questions, and which of them are of one of the questions shown. Likewise.
create or replace function views.question_ratings(all_ratings jsonb, questions jsonb)
returns table (rating jsonb, place bigint, is_shown boolean)
language sql stable as $$
    select r.value, r.place,
           exists (select from jsonb_array_elements(questions) as q (value) where q.value -> 'id' = r.value -> 'question_id')
    from jsonb_array_elements(all_ratings) with ordinality as r (value, place)
$$;

-- A reviewer's own feedback as the page gets it; the ratings of questions are those of views.question_ratings that are shown.
-- The body is text, as links/schema/functions.sql has it.
create or replace function views.feedback_json(review views.reviews, question_ratings jsonb) returns json
language sql stable as $$
    select case when review.id is not null then json_build_object(
        'id', review.id,
        'rating', review.rating,
        'recommendation', review.recommendation,
        'comment', review.comment,
        'question_ratings', question_ratings,
        'version', review.version,
        'created_at', sharelink.rfc3339(review.created_at),
        'updated_at', sharelink.rfc3339(review.updated_at)) end
$$;

-- Volatile, so that a statement which had to wait for the reviewer's row sees what was committed meanwhile; in PL/pgSQL, which
-- keeps the plan.
create or replace function views.review_now(of_reviewer_id text, of_interview_id text) returns setof views.reviews
language plpgsql volatile rows 1 as $$
begin
    return query select * from views.reviews where reviewer_id = of_reviewer_id and interview_id = of_interview_id;
end
$$;

-- Forgets a review's revisions before the one of a save that has so many bytes: the first stays, and of the others the latest. Volatile,
-- so that a save which had to wait for another sees that one's, too.
create or replace function views.forget_revisions(of_review_id text, of_version int, size int, most int, kb_most int) returns int
language plpgsql volatile as $$
declare
    forgotten int;
begin
    delete from views.review_revisions v
    using (
        select r.version, of_version - r.version as age,
               size + sum(pg_column_size(r.comment) + pg_column_size(r.question_ratings)) over (order by r.version desc) as size
        from views.review_revisions r
        where r.review_id = of_review_id and r.version > 1 and r.version < of_version
    ) k
    where v.review_id = of_review_id and v.version = k.version and (k.age >= most or k.size > kb_most::bigint * 1024);
    get diagnostics forgotten = row_count;
    return forgotten;
end
$$;

-- The rule of sessions: one is good for its own reviewer, for 12 hours, until the passcode changes. It is put into the statement
-- itself.
create or replace function views.is_good_for(visit views.visits, of_reviewer_id text, epoch int) returns boolean
language sql stable as $$
    select visit.reviewer_id = of_reviewer_id and visit.passcode_epoch = epoch and visit.opened_at > now() - interval '12 hours'
$$;

-- The visit of a good session, or none. Called in a from clause, it is put into the statement itself, where limit 1 has the visit
-- looked up by its session's hash in whatever plan.
create or replace function views.visit_of_session(of_session_hash bytea, of_reviewer_id text, epoch int) returns setof views.visits
language sql stable rows 1 as $$
    select * from views.visits v where v.session_hash = of_session_hash and views.is_good_for(v, of_reviewer_id, epoch) limit 1
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

-- Published for the links service: forgets what reviewers did with an interview, and what is said in it. The caller has locked the interview's row,
-- so nobody can add to it any more.
create or replace function views.erase_feedback(of_account_id text, of_interview_id text)
returns table (reviews int, review_revisions int, watch_records int, transcripts int)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    seen int;
begin
    select count(*) into review_revisions from views.review_revisions v
    join views.reviews r on r.id = v.review_id where r.account_id = of_account_id and r.interview_id = of_interview_id;
    with gone as (
        delete from views.reviews r where r.account_id = of_account_id and r.interview_id = of_interview_id
        returning r.share_link_id, r.rating
    ),
    counted as materialized (
        select g.share_link_id, count(*)::int as ratings, sum(g.rating)::bigint as sum
        from gone g where g.rating is not null group by g.share_link_id
    ),
    held as materialized (
        select l.share_link_id, c.ratings, c.sum
        from views.link_activity l join counted c on c.share_link_id = l.share_link_id
        order by l.share_link_id for no key update of l
    ),
    less as (
        update views.link_activity l set rating_count = l.rating_count - h.ratings, rating_sum = l.rating_sum - h.sum
        from held h where l.share_link_id = h.share_link_id
    )
    select count(*) into reviews from gone;
    delete from views.watched w where w.account_id = of_account_id and w.interview_id = of_interview_id;
    get diagnostics seen = row_count;
    delete from views.watch w where w.account_id = of_account_id and w.interview_id = of_interview_id;
    get diagnostics watch_records = row_count;
    watch_records := watch_records + seen;
    delete from views.fetches f where f.account_id = of_account_id and f.interview_id = of_interview_id;
    delete from views.transcripts t where t.account_id = of_account_id and t.interview_id = of_interview_id;
    get diagnostics transcripts = row_count;
    return next;
end
$$;

-- Whether a text names a candidate, by any of the names, however they are written: as a word, with or without the ending of a genitive;
-- in a script that has no capitals or joins its words, wherever the name stands. What stands before many names, as "van", names nobody
-- by itself.
create or replace function views.names_candidate(value text, candidate_name text) returns boolean
language plpgsql immutable as $$
declare
    words constant text[] := array(
        select w.word from regexp_split_to_table(sharelink.folded(candidate_name), '[^[:alnum:]]+') w (word)
        where w.word <> '' and w.word not in ('van', 'von', 'der', 'den', 'ter', 'ten', 'the', 'del', 'des', 'dos', 'las', 'los', 'bin', 'ibn'));
    folded text;
begin
    if value is null or words = '{}' then
        return false;
    end if;
    folded := sharelink.folded(value);
    return exists (
        select from unnest(words) w (word)
        where case when w.word ~ '^[a-z0-9]+$'
                   then (length(w.word) > 2 or cardinality(words) = 1) and folded ~ ('\m' || w.word || '(s|es|n)?\M')
                   else position(w.word in folded) > 0 end);
end
$$;

-- Holds what an erasure may take notes from: the rows of the reviewers of these links, so that none of them is writing one, and those of
-- the account's that name the candidate. Published for the links service, as erase_notes is, which empties them.
create or replace function views.hold_notes(of_account_id text, candidate_name text, of_share_link_ids text[]) returns text[]
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select a.reviewer_id from views.activity a
        where a.reviewer_id in (
            select m.reviewer_id from views.activity m where m.share_link_id = any (of_share_link_ids)
            union
            select n.reviewer_id from views.activity n
            where n.account_id = of_account_id and n.done_note is not null and views.names_candidate(n.done_note, candidate_name))
        order by a.reviewer_id
        for update);
end
$$;

-- Takes the notes of these reviewers that name the candidate, or are of links that have no other candidate. share_link_ids: whose they were.
create or replace function views.erase_notes(of_reviewer_ids text[], candidate_name text, emptied_share_link_ids text[],
                                             out many int, out share_link_ids text[])
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    with erased as (
        update views.activity a set done_note = null
        where a.reviewer_id = any (of_reviewer_ids) and a.done_note is not null
              and (a.share_link_id = any (emptied_share_link_ids) or views.names_candidate(a.done_note, candidate_name))
        returning a.share_link_id
    )
    select count(*), coalesce(array_agg(distinct e.share_link_id), '{}') into many, share_link_ids from erased e;
end
$$;

-- --- what is fetched (fetch/) ---

-- Stores lines that were made of captions, unless somebody else has the job by now, or the document was replaced. All lines that were
-- fetched for an interview have kb_max KiB at most, and the pages of a link that has it content_max bytes. The interview is held first: nobody replaces or erases it meanwhile, so the
-- rows that follow from its document stay as they are. Pages are made anew when what they show has changed.
create or replace function views.store_transcript(of_fetch_id bigint, holder text, of_version int, new_lines jsonb, kb_max int,
                                                 content_max bigint) returns text
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    job views.fetches;
    all_before bigint;
    before bigint;
begin
    select * into job from views.fetches f where f.id = of_fetch_id and f.interview_id is not null;
    if not found or not links.hold_document(job.account_id, job.interview_id) then
        return 'passed';
    end if;
    perform from views.fetches f where f.id = of_fetch_id and f.lease_holder = holder and f.document_version = of_version for update;
    if not found then
        return 'passed';
    end if;
    select coalesce(sum(t.size), 0), coalesce(sum(t.size) filter (where t.question_id = job.question_id), 0) into all_before, before
    from views.transcripts t where t.account_id = job.account_id and t.interview_id = job.interview_id;
    if all_before - before + octet_length(new_lines::text) > kb_max * 1024 then
        return 'too_large';
    end if;
    if not links.has_room(job.account_id, job.interview_id, octet_length(new_lines::text) - before, content_max) then
        return 'link_is_full';
    end if;
    update views.fetches f set state = 'done', lease_until = null, lease_holder = null, last_error = null where f.id = of_fetch_id;
    insert into views.transcripts as t (account_id, interview_id, question_id, source, lines, searched)
    values (job.account_id, job.interview_id, job.question_id, job.url, new_lines, views.lines_searched(new_lines))
    on conflict (account_id, interview_id, question_id) do update
        set source = excluded.source, lines = excluded.lines, searched = excluded.searched, stored_at = now()
        where t.source <> excluded.source or t.lines is distinct from excluded.lines;
    if found then
        perform links.note_document_change(job.account_id);
    end if;
    return 'stored';
end
$$;

-- Published for the links service, whose caller has locked the account: the account's logo is at this URL, or nowhere when it is null.
-- One that is there, or on its way, from the same URL stays; one that could not be had is tried again.
create or replace function views.want_logo(of_account_id text, of_url text) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if of_url is null then
        delete from views.fetches f where f.account_id = of_account_id and f.interview_id is null;
        return;
    end if;
    insert into views.fetches as f (account_id, url, document_version) values (of_account_id, of_url, 1)
    on conflict (account_id, interview_id, question_id) do update
        set url = excluded.url, document_version = f.document_version + 1, state = 'waiting', attempts = 0, next_attempt_at = now(),
            lease_until = null, lease_holder = null, last_error = null
        where f.url <> excluded.url or f.state = 'failed';
end
$$;

-- Stores an image and makes it its account's logo, unless another is wanted by now. An account's last 20 are kept.
create or replace function views.store_logo(of_fetch_id bigint, holder text, of_version int, new_digest text, new_type text, new_bytes bytea)
returns text
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
declare
    job views.fetches;
begin
    select * into job from views.fetches f where f.id = of_fetch_id and f.interview_id is null;
    if not found or not links.set_logo(job.account_id, job.url, new_digest) then
        return 'passed';
    end if;
    update views.fetches f set state = 'done', lease_until = null, lease_holder = null, last_error = null
    where f.id = of_fetch_id and f.lease_holder = holder and f.document_version = of_version;
    insert into views.logos (account_id, digest, content_type, bytes) values (job.account_id, new_digest, new_type, new_bytes)
    on conflict (account_id, digest) do update set stored_at = now();
    delete from views.logos l
    where l.account_id = job.account_id
      and l.digest in (select o.digest from views.logos o where o.account_id = job.account_id order by o.stored_at desc, o.digest offset 20);
    return 'stored';
end
$$;

-- A time as a clock in that zone shows it, for words_moment of common/words/words.h. A zone that PostgreSQL does not know, because its
-- tzdata is older than ours, is no reason to show no page.
create or replace function views.local_time(at timestamptz, zone text) returns text
language plpgsql stable strict as $$
begin
    return to_char(at at time zone zone, 'YYYY-MM-DD"T"HH24:MI') || '[' || zone || ']';
exception when invalid_parameter_value then
    return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI') || '[UTC]';
end
$$;
