-- What follows by itself in the views service's tables, from a change of theirs or of others'.

-- A link has its row in views.link_activity from the start, and takes it along.
create or replace function views.follow_links() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    if tg_op = 'INSERT' then
        insert into views.link_activity (share_link_id, account_id) values (new.id, new.account_id) on conflict do nothing;
    else
        delete from views.link_activity where share_link_id = old.id;
    end if;
    return null;
end
$$;
create or replace trigger follow_links after insert or delete on links.share_links for each row execute function views.follow_links();

-- What the document of an interview says of the speech in its answers: the text of its own lines is kept to be searched, captions are
-- to be fetched, and what it names no more goes. Fetched lines stay until there are newer ones. A document that is stored again as it
-- was has what could not be had tried again, and nothing else.
create or replace function views.follow_interviews() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    is_changed constant boolean := tg_op = 'INSERT' or old.document is distinct from new.document;
    ids text[];
    sources text[]; -- '' of those that the document has itself
    searched text[];
begin
    select array_agg(s.id), array_agg(s.source), array_agg(s.searched)
    into ids, sources, searched
    from (select q.value ->> 'id' as id, case when o.lines is null then q.value #>> '{answer,captions_url}' else '' end as source,
                 case when is_changed and o.lines is not null then views.lines_searched(o.lines) end as searched
          from jsonb_array_elements(case when jsonb_typeof(new.document -> 'questions') = 'array' then new.document -> 'questions' else '[]' end)
               as q (value)
          cross join lateral (select views.own_lines(q.value -> 'answer') as lines) o) s
    where s.source is not null;
    if tg_op = 'UPDATE' and is_changed then
        delete from views.fetches f
        where f.account_id = new.account_id and f.interview_id = new.id
          and not exists (select from unnest(ids, sources) u (id, source) where u.id = f.question_id and u.source = f.url);
        delete from views.transcripts t
        where t.account_id = new.account_id and t.interview_id = new.id
          and not exists (select from unnest(ids, sources) u (id, source) where u.id = t.question_id and u.source = t.source);
    end if;
    if ids is null then
        return null;
    end if;
    insert into views.fetches as f (account_id, interview_id, question_id, url, document_version)
    select new.account_id, new.id, u.id, u.source, new.version from unnest(ids, sources) u (id, source) where u.source <> ''
    on conflict (account_id, interview_id, question_id) do update
        set document_version = case when is_changed then excluded.document_version else f.document_version end,
            lease_until = case when is_changed then null else f.lease_until end,
            state = 'waiting', attempts = 0, next_attempt_at = now(), last_error = null
        where is_changed or f.state <> 'done';
    if is_changed then
        insert into views.transcripts as t (account_id, interview_id, question_id, source, searched)
        select new.account_id, new.id, u.id, '', u.searched from unnest(ids, sources, searched) u (id, source, searched) where u.source = ''
        on conflict (account_id, interview_id, question_id) do update set searched = excluded.searched, stored_at = now();
    end if;
    return null;
end
$$;
create or replace trigger follow_interviews after insert or update of document on links.interviews
    for each row execute function views.follow_interviews();

-- Each new version of a review has its own time.
create or replace trigger note_change before update on views.reviews
    for each row when (old.version is distinct from new.version) execute function sharelink.note_change();
