-- The rules of links: what an account's defaults give to a new one, and reading or changing what is there now.
--
-- A statement sees what was committed when it began, which is before it waited for the link's row. The functions whose names
-- end in _now are volatile, so they see what is committed when they are called, and what their own statement has changed by
-- then. A statement that has locked the link calls them, and what they say stays true until it commits. They are in PL/pgSQL,
-- which keeps its plans: the body of a SQL function that is not inlined, and no volatile one is, is planned at each call.
--
-- Functions that take rows of our tables have their bodies as text: PostgreSQL refuses "alter table … add column … default …"
-- while a function with a compiled body (return …, begin atomic …) uses the table's row type.

-- What becomes of time: an expiry is compared with the clock, and marked nowhere.
create or replace function links.state_of(link_deactivated_at timestamptz, expires_at timestamptz) returns text
language sql stable
return case when link_deactivated_at is not null then 'deactivated'
            when expires_at <= now() then 'expired'
            else 'active' end;

-- Whether a plan has links with reviewers of their own; plan_allows of create_link.c is the same.
create or replace function links.has_advanced_links(plan text) returns boolean
language sql immutable
return plan in ('screen', 'growth', 'enterprise');

-- One setting: as sent, else the account's default, else off.
create or replace function links.setting(sent jsonb, account links.accounts, name text) returns boolean
language sql immutable as $$
    select coalesce((sent ->> name)::boolean, (account.default_settings ->> name)::boolean, false)
$$;

-- When a new link expires: as sent (at, or in so many seconds, or never), else by the account's default, else never.
create or replace function links.expiry(is_sent boolean, at timestamptz, in_s bigint, account links.accounts) returns timestamptz
language sql stable as $$
    select case when is_sent then coalesce(at, now() + in_s * interval '1 second')
                else now() + account.default_expires_value
                             * case account.default_expires_unit when 'weeks' then interval '168 hours' else interval '24 hours' end end
$$;

-- The account's links that have a word (a pattern for LIKE) in the title, in the name or address of one of the reviewers or of the
-- candidates, or in the title of one of their jobs; one that has it several times comes so often. An index of trigrams that is asked
-- for a word without any reads all of it, those of other accounts too: || '' keeps such a word from it.
create or replace function links.links_with_word(of_account_id text, pattern text) returns setof text
language plpgsql stable rows 100 as $$
begin
    if pattern ~ '[[:alnum:]]{3}' then
        return query
            select l.id from links.share_links l where l.account_id = of_account_id and l.searched like pattern
            union all
            select r.share_link_id from links.reviewers r where r.account_id = of_account_id and r.searched like pattern
            union all
            select m.share_link_id
            from links.interviews i
            join links.share_link_interviews m on m.account_id = i.account_id and m.interview_id = i.id
            where i.account_id = of_account_id and (i.searched like pattern or i.job_searched like pattern);
    else
        return query
            select l.id from links.share_links l where l.account_id = of_account_id and l.searched || '' like pattern
            union all
            select r.share_link_id from links.reviewers r where r.account_id = of_account_id and r.searched || '' like pattern
            union all
            select m.share_link_id
            from links.interviews i
            join links.share_link_interviews m on m.account_id = i.account_id and m.interview_id = i.id
            where i.account_id = of_account_id and (i.searched || '' like pattern or i.job_searched || '' like pattern);
    end if;
end
$$;

-- The account's links that have each word of a search: the longest is looked up, and the others are looked for in what it finds.
create or replace function links.links_with_words(of_account_id text, search text) returns setof text
language plpgsql stable rows 100 as $$
declare
    patterns constant text[] := sharelink.search_patterns(search);
    others constant text[] := patterns[2:];
begin
    return query
        select f.id from (select distinct w.id from links.links_with_word(of_account_id, patterns[1]) w (id)) f
        where not exists (
            select from unnest(others) other (pattern)
            where not exists (select from links.share_links l where l.id = f.id and l.searched like other.pattern)
              and not exists (select from links.reviewers r where r.share_link_id = f.id and r.searched like other.pattern)
              and not exists (
                  select from links.share_link_interviews m
                  join links.interviews i on i.account_id = m.account_id and i.id = m.interview_id
                  where m.share_link_id = f.id and (i.searched like other.pattern or i.job_searched like other.pattern)));
end
$$;

-- The account's interviews that have each word of a search in the name or the address of the candidate.
create or replace function links.interviews_with_words(of_account_id text, search text) returns setof text
language plpgsql stable rows 100 as $$
declare
    patterns constant text[] := sharelink.search_patterns(search);
begin
    if patterns[1] ~ '[[:alnum:]]{3}' then
        return query
            select i.id from links.interviews i
            where i.account_id = of_account_id and i.searched like patterns[1] and i.searched like all (patterns);
    else
        return query select i.id from links.interviews i where i.account_id = of_account_id and i.searched || '' like all (patterns);
    end if;
end
$$;

-- The places of those whose external_id another interview has. Whoever gives external_ids to interviews calls it first: it holds them,
-- in the order of their numbers, until the transaction ends, so that two who give the same ones wait for each other, not in a circle,
-- and the second finds what the first has stored.
create or replace function links.taken_names(of_account_id text, ids text[], external_ids text[]) returns setof int
language plpgsql volatile rows 1 as $$
begin
    perform pg_advisory_xact_lock(h.number)
    from (select distinct hashtextextended('sharelink interview ' || of_account_id || ' ' || e.external_id, 0) as number
          from unnest(external_ids) e (external_id)
          where e.external_id is not null
          order by 1) h;
    if found then
        return query
            select w.place::int
            from unnest(ids, external_ids) with ordinality w (id, external_id, place)
            join links.interviews i on i.account_id = of_account_id and i.external_id = w.external_id
            where i.id is distinct from w.id;
    end if;
end
$$;

-- Metadata after a PATCH: changes is null for what was not sent, JSON null takes all away, and a member that is null that one.
create or replace function links.merged_metadata(metadata jsonb, changes jsonb) returns jsonb
language sql immutable
return case when changes is null then metadata
            when jsonb_typeof(changes) = 'null' then '{}'
            else jsonb_strip_nulls(metadata || changes) end;

create or replace function links.members_now(of_share_link_id text) returns setof links.share_link_interviews
language plpgsql volatile rows 20 as $$
begin
    return query select * from links.share_link_interviews where share_link_id = of_share_link_id;
end
$$;

create or replace function links.memberships_now(of_account_id text, of_interview_id text) returns setof links.share_link_interviews
language plpgsql volatile rows 20 as $$
begin
    return query select * from links.share_link_interviews m where m.account_id = of_account_id and m.interview_id = of_interview_id;
end
$$;

create or replace function links.reviewers_now(of_share_link_id text) returns setof links.reviewers
language plpgsql volatile rows 20 as $$
begin
    return query select * from links.reviewers where share_link_id = of_share_link_id;
end
$$;

-- Those of an account's interviews that there are, held until the transaction ends: nobody erases them meanwhile. Whoever makes
-- something that refers to an interview holds it before he locks anything else that an erasure wants too, for that takes the
-- interview first. Published for the views service, whose role may not lock the rows itself. In PL/pgSQL, which keeps its plan and
-- looks each up by its key.
create or replace function links.hold_interviews(of_account_id text, of_interview_ids text[]) returns setof text
language plpgsql volatile rows 20 security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return query
        select h.id
        from (select distinct u.id collate "C" as id from unnest(of_interview_ids) u (id) order by 1) w
        cross join lateral (
            select i.id from links.interviews i where i.account_id = of_account_id and i.id = w.id for key share
        ) h;
end
$$;

-- Published for the views service, which stores what follows from an interview's document: whether there is the interview, held until
-- the transaction ends, so that nobody replaces the document, erases it, or stores more that follows from it.
create or replace function links.hold_document(of_account_id text, of_interview_id text) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform from links.interviews i where i.account_id = of_account_id and i.id = of_interview_id for no key update;
    return found;
end
$$;

-- Published for the views service: what it has stored of an interview beside the document is part of the pages that show it.
create or replace function links.note_document_change(of_account_id text) returns void
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into links.document_versions as v (account_id) values (of_account_id)
    on conflict (account_id) do update set version = v.version + 1;
end
$$;

-- Published for the views service: whether what an interview has beside its document may grow so much, in all links that have it. The
-- links are not locked: one that gets another interview at this moment may come to have a little more than it may.
create or replace function links.has_room(of_account_id text, of_interview_id text, growth bigint, content_max bigint) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return growth <= 0 or not exists (
        select from links.share_link_interviews m
        where m.account_id = of_account_id and m.interview_id = of_interview_id
          and links.content_size_now(m.share_link_id) + growth > content_max);
end
$$;

-- Published for the views service: the logo at this URL has this digest. False when the account wants another by now.
create or replace function links.set_logo(of_account_id text, of_url text, digest text) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    update links.accounts a set brand_logo = digest where a.id = of_account_id and a.brand_logo_url = of_url;
    return found;
end
$$;

create or replace function links.remove_members_now(of_share_link_ids text[], of_interview_ids text[])
returns setof links.share_link_interviews
language plpgsql volatile rows 20 as $$
begin
    return query
        delete from links.share_link_interviews
        where share_link_id = any (of_share_link_ids) and interview_id = any (of_interview_ids)
        returning *;
end
$$;

-- The size of the pages of a link, as links.content_size measures it, with what was fetched.
create or replace function links.content_size_now(of_share_link_id text) returns bigint
language plpgsql volatile as $$
begin
    return (select coalesce(sum(i.content_size + coalesce(t.size, 0)), 0)
            from links.share_link_interviews m
            join links.interviews i on i.account_id = m.account_id and i.id = m.interview_id
            left join lateral (
                select s.size from views.transcript_sizes s where s.account_id = m.account_id and s.interview_id = m.interview_id
            ) t on true
            where m.share_link_id = of_share_link_id);
end
$$;

-- Puts interviews into some of an account's advanced links and takes them out of others, all of it or nothing. A row 'added' or
-- 'removed' for each link that changes, with the interviews in the order in which they were sent. Or a row for each that stands in the
-- way, with its place in its list, from 1: 'unknown_interview', and of add_to (is_addition) and remove_from 'unknown_link', 'full_link',
-- 'large_link'. is_sound false asks for what is unknown alone.
--
-- The interviews are held, then the links are locked in the order of their ids, whatever becomes of them: so two of whom one adds where
-- the other removes wait for each other, and not in a circle. What is in a link is read when all of them are locked.
create or replace function links.change_memberships(of_account_id text, of_session_id text, interview_ids text[], add_to text[], remove_from text[],
                                                    is_sound boolean, interviews_max int, size_max bigint)
returns table (outcome text, is_addition boolean, place int, link_id text, changed_ids text[])
language plpgsql volatile rows 10 set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
    held constant text[] := array(select h.id from links.hold_interviews(of_account_id, interview_ids) h (id)
                                  where console.session_reaches(of_session_id, 'interview', h.id));
    locked text[];
    is_refused boolean;
    sizes bigint[];
    fresh_count bigint;
    fresh_size bigint;
begin
    select array_agg(l.id) into locked
    from (select l.id from links.share_links l
          where l.account_id = of_account_id and l.kind = 'advanced' and l.id = any (add_to || remove_from)
            and console.session_reaches(of_session_id, 'share_link', l.id)
          order by l.id
          for update) l;

    return query
        select 'unknown_interview', null::boolean, s.place::int, null::text, null::text[]
        from unnest(interview_ids) with ordinality s (id, place)
        where s.id is null or s.id <> all (held)
        union all
        select 'unknown_link', w.is_addition, w.place::int, null, null
        from (select true, a.* from unnest(add_to) with ordinality a
              union all
              select false, r.* from unnest(remove_from) with ordinality r) w (is_addition, id, place)
        where w.id is null or w.id <> all (coalesce(locked, '{}'));
    is_refused := found;
    if not is_sound then
        return;
    end if;

    sizes := array(select i.content_size + coalesce(t.size, 0)
                   from unnest(interview_ids) with ordinality s (id, place)
                   left join links.interviews i on i.account_id = of_account_id and i.id = s.id
                   left join lateral (
                       select m.size from views.transcript_sizes m where m.account_id = of_account_id and m.interview_id = s.id
                   ) t on true
                   order by s.place);
    is_addition := true;
    for link_id, place in select a.id, a.place from unnest(add_to) with ordinality a (id, place) where a.id = any (locked) loop
        select count(*), sum(s.size) into fresh_count, fresh_size
        from unnest(interview_ids, sizes) s (id, size)
        where s.size is not null
          and not exists (select from links.share_link_interviews m where m.share_link_id = link_id and m.interview_id = s.id);
        outcome := case
            when fresh_count = 0 then null
            when fresh_count > interviews_max - (select count(*) from links.share_link_interviews m where m.share_link_id = link_id) then 'full_link'
            when links.content_size_now(link_id) + fresh_size > size_max then 'large_link' end;
        if outcome is not null then
            is_refused := true;
            return next;
        end if;
    end loop;
    if is_refused then
        return;
    end if;

    outcome := 'added';
    for link_id, place in select a.id, a.place from unnest(add_to) with ordinality a (id, place) loop
        with fresh as materialized (
            select s.id, row_number() over (order by s.place) as nth
            from unnest(interview_ids) with ordinality s (id, place)
            where not exists (select from links.share_link_interviews m where m.share_link_id = link_id and m.interview_id = s.id)
        ),
        added as (
            insert into links.share_link_interviews (share_link_id, account_id, interview_id, position)
            select l.id, l.account_id, f.id, l.last_position + f.nth from fresh f join links.share_links l on l.id = link_id
        )
        select array_agg(f.id order by f.nth) into changed_ids from fresh f;
        if changed_ids is not null then
            update links.share_links l
            set last_position = l.last_position + cardinality(changed_ids), version = l.version + 1, updated_at = now()
            where l.id = link_id;
            return next;
        end if;
    end loop;

    outcome := 'removed';
    is_addition := false;
    for link_id, place in select r.id, r.place from unnest(remove_from) with ordinality r (id, place) loop
        with removed as (
            delete from links.share_link_interviews m
            where m.share_link_id = link_id and m.interview_id = any (interview_ids)
            returning m.interview_id
        )
        select array_agg(s.id order by s.place) into changed_ids
        from unnest(interview_ids) with ordinality s (id, place)
        where s.id in (select r.interview_id from removed r);
        if changed_ids is not null then
            update links.share_links l set version = l.version + 1, updated_at = now() where l.id = link_id;
            return next;
        end if;
    end loop;
end
$$;

-- Creates interviews or replaces their documents, all of them or none. A row 'stored' for each, with its place among the ids; or rows
-- 'too_large': who would make the pages of which link how large, when the documents grow beyond what a link may have. Of one alone:
-- only_replaces wants it to be there already, of a version that is among the tags unless they are null, only_creates wants it not to be
-- there; no row when that is not so. Nobody else has these external_ids (links.taken_names).
--
-- The ids differ from each other. All rows are locked before one is changed: the interviews in the order of their ids, whether they are
-- there or are made, so that two who send the same ones wait for each other and not in a circle; then, when documents grow, the links
-- that have them in the order of theirs, so that nobody adds to those meanwhile.
--
-- Documents are large: ids and places are sorted and joined, and a document is taken out of its array where it is stored. All goes by
-- keys: planned for each call anew, this would take longer than it runs.
create or replace function links.store_interviews(of_account_id text, ids text[], documents jsonb[], external_ids text[], metadata jsonb[],
                                                  only_replaces boolean, only_creates boolean, wanted_tags text, size_max bigint)
returns table (outcome text, place int, version int, created_at timestamptz, updated_at timestamptz, overfull_link text, content_size bigint)
language plpgsql volatile rows 1 set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
declare
    locked int := 0;
    made text[] := '{}';
    growths int[];
    linked text;
    growth bigint;
    size bigint;
    is_overfull boolean := false;
begin
    -- One that is sent alone is there, mostly, and found sooner so than by an insertion that fails.
    if only_replaces or cardinality(ids) = 1 then
        perform from links.interviews i
        where i.account_id = of_account_id and i.id = any (ids)
          and (not only_replaces or sharelink.is_other('v' || i.version, wanted_tags) is not true)
        order by i.id
        for no key update;
        get diagnostics locked = row_count;
        if (only_replaces and locked < cardinality(ids)) or (only_creates and locked > 0) then
            return;
        end if;
    end if;
    if locked < cardinality(ids) then
        -- What is there is locked and stays as it is.
        with fresh as (
            insert into links.interviews as i (account_id, id, document, external_id, metadata)
            select of_account_id, w.id, documents[w.place], external_ids[w.place], store_interviews.metadata[w.place]
            from (select u.id, u.place::int as place from unnest(ids) with ordinality u (id, place) order by u.id collate "C") w
            on conflict (account_id, id) do update set version = i.version where false
            returning i.id
        )
        select coalesce(array_agg(f.id), '{}') into made from fresh f;
        if only_creates and made = '{}' then
            return;
        end if;
    end if;

    if cardinality(made) < cardinality(ids) then
        select array_agg(case when m.is_linked then links.content_size(documents[w.place]) - i.content_size else 0 end order by w.place)
        into growths
        from unnest(ids) with ordinality w (id, place)
        join links.interviews i on i.account_id = of_account_id and i.id = w.id
        cross join lateral (
            select exists (select from links.share_link_interviews m where m.account_id = of_account_id and m.interview_id = w.id) as is_linked
        ) m;
        for linked in
            select l.id from links.share_links l
            where l.id in (select m.share_link_id
                           from unnest(ids, growths) g (id, growth)
                           join links.share_link_interviews m on m.account_id = of_account_id and m.interview_id = g.id
                           where g.growth > 0)
            order by l.id for update
        loop
            select sum(g.growth), links.content_size_now(linked) + sum(g.growth) into growth, size
            from unnest(ids, growths) g (id, growth)
            join links.share_link_interviews m on m.share_link_id = linked and m.interview_id = g.id;
            if growth > 0 and size > size_max then
                is_overfull := true;
                return query
                    select 'too_large', g.place::int, null::int, null::timestamptz, null::timestamptz, linked, size
                    from unnest(ids, growths) with ordinality g (id, growth, place)
                    join links.share_link_interviews m on m.share_link_id = linked and m.interview_id = g.id
                    where g.growth > 0;
            end if;
        end loop;
        if is_overfull then
            delete from links.interviews i where i.account_id = of_account_id and i.id = any (made);
            return;
        end if;

        return query
            update links.interviews i
            set document = documents[w.place], external_id = external_ids[w.place], metadata = store_interviews.metadata[w.place],
                version = i.version + 1, updated_at = now()
            from (select u.id, u.place::int as place from unnest(ids) with ordinality u (id, place)) w
            where i.account_id = of_account_id and i.id = w.id and i.id <> all (made)
            returning 'stored', w.place, i.version, i.created_at, i.updated_at, null::text, null::bigint;
    end if;
    return query -- as the table's defaults have made them
        select 'stored', w.place::int, 1, now(), now(), null::text, null::bigint
        from unnest(ids) with ordinality w (id, place)
        join unnest(made) m (id) on m.id = w.id;
end
$$;

-- For a statement that had to wait for the interview's row: the basic link that was made meanwhile.
create or replace function links.basic_link_now(of_account_id text, of_interview_id text) returns setof links.share_links
language plpgsql volatile rows 1 as $$
begin
    return query select * from links.share_links where account_id = of_account_id and basic_of = of_interview_id;
end
$$;

-- Takes the default from the template that has it, for a statement that had to wait for the account's row; the count that it
-- returns is there to be waited for.
create or replace function links.take_default_now(of_account_id text, except_id text) returns int
language plpgsql volatile as $$
declare
    taken int;
begin
    update links.email_templates
    set is_default = false, version = version + 1, updated_at = now()
    where account_id = of_account_id and is_default and id <> except_id;
    get diagnostics taken = row_count;
    return taken;
end
$$;

create or replace function links.mail_digest(kind text, address text) returns bytea
language sql immutable
return sha256(convert_to(kind || ' ' || address, 'UTF8'));

-- Takes a mail to each of these addresses out of what the account may ask for within an hour, or none at all and says which of
-- them, by their places, have had too many, and when that is over. An address that is null gets no mail. The rows are locked in
-- the order of their keys, after those of the link; parallel calls wait for each other, so the limit is exact.
create or replace function links.take_mails(of_account_id text, kind text, addresses text[], mails_max int)
returns table (refused int[], retry_s int)
language plpgsql volatile rows 1 as $$
begin
    with wanted as materialized (
        select a.place::int, links.mail_digest(kind, a.address) as address_hash
        from unnest(addresses) with ordinality as a (address, place)
        where a.address is not null
    ),
    taken as (
        insert into links.mail_requests as m (account_id, address_hash)
        select of_account_id, w.address_hash from wanted w group by w.address_hash order by w.address_hash
        on conflict (account_id, address_hash) do update
            set asked = case when m.since <= now() - interval '1 hour' then 1 else m.asked + 1 end,
                since = case when m.since <= now() - interval '1 hour' then now() else m.since end
        returning m.address_hash, m.asked, m.since
    )
    select array_agg(w.place order by w.place), ceil(extract(epoch from max(t.since) + interval '1 hour' - now()))::int
    into refused, retry_s
    from taken t
    join wanted w on w.address_hash = t.address_hash
    where t.asked > mails_max;
    if refused is not null then
        update links.mail_requests m set asked = m.asked - 1
        where m.account_id = of_account_id
          and m.address_hash in (select links.mail_digest(kind, a) from unnest(addresses) a);
    end if;
    return next;
end
$$;

-- The same for those addresses alone that may be mailed: refused and retry_s tell of the others. No row stays locked that take_mails
-- does not lock, and in its order: they are all asked for first.
create or replace function links.take_some_mails(of_account_id text, kind text, addresses text[], mails_max int)
returns table (refused int[], retry_s int)
language plpgsql volatile rows 1 as $$
begin
    select t.refused, t.retry_s into refused, retry_s from links.take_mails(of_account_id, kind, addresses, mails_max) t;
    if refused is not null then
        perform links.take_mails(of_account_id, kind,
                                 array(select case when a.place <> all (refused) then a.address end
                                       from unnest(addresses) with ordinality a (address, place) order by a.place), mails_max);
    end if;
    return next;
end
$$;

-- Published for the views service: takes the mail that tells the owner of a reviewer's link that a new one is asked for; else
-- says in how many seconds one may be sent.
create or replace function links.take_access_request(of_reviewer_id text, mails_max int) returns int
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
begin
    return (select case when t.refused is not null then greatest(t.retry_s, 1) end
            from links.reviewers r
            join links.share_links l on l.id = r.share_link_id
            cross join lateral links.take_mails(l.account_id, 'access_requested', array[l.owner_email], mails_max) t
            where r.id = of_reviewer_id);
end
$$;

-- Erases a candidate: the interview, its memberships, its basic link, feedback and watch progress, what reviewers wrote to the owner and
-- name the candidate in, mails that wait because of it, and answers that were kept for an Idempotency-Key. Visits and events stay: they
-- hold ids only. No row: there is no such interview.
--
-- Each statement sees what was committed while the one before it waited, and locks are taken in the order of the lines
-- (docs/architecture.md, "In which order rows are locked"): reviewers' notes, then the interview. From then on nothing new can refer to it,
-- for all that add members, feedback or its basic link hold it before they lock what they change; so the links that are locked next are
-- all. Whose candidate was replaced while the notes were looked through is tried again.
create or replace function links.erase_interview(of_account_id text, of_interview_id text, wanted_tags text)
returns table (outcome text, memberships int, basic_link_id text, queued_mails int, reviews int, review_revisions int, watch_records int,
              transcripts int, done_notes int)
language plpgsql volatile rows 1 as $$
declare
    linked text[];
    emptied text[];
    candidate text;
    candidate_now text;
    with_notes text[];
    without_notes text[];
begin
    select i.candidate_name into candidate from links.interviews i
    where i.account_id = of_account_id and i.id = of_interview_id and sharelink.is_other('v' || i.version, wanted_tags) is not true;
    if found then
        with_notes := views.hold_notes(of_account_id, candidate, array(
            select m.share_link_id from links.share_link_interviews m
            where m.account_id = of_account_id and m.interview_id = of_interview_id));
    end if;
    select case when sharelink.is_other('v' || i.version, wanted_tags) then 'version_mismatch' else 'ok' end, i.candidate_name
    into outcome, candidate_now
    from links.interviews i where i.account_id = of_account_id and i.id = of_interview_id for update;
    if not found then
        return;
    end if;
    if outcome <> 'ok' then
        return next;
        return;
    end if;
    if with_notes is null or candidate_now <> candidate then
        raise exception 'the interview % was replaced meanwhile', of_interview_id using errcode = 'serialization_failure';
    end if;

    perform from links.share_links l
    where l.id in (select m.share_link_id from links.share_link_interviews m
                   where m.account_id = of_account_id and m.interview_id = of_interview_id)
    order by l.id
    for update;
    with ended as (
        delete from links.share_link_interviews m where m.account_id = of_account_id and m.interview_id = of_interview_id
        returning m.share_link_id
    )
    select coalesce(array_agg(share_link_id), '{}') into linked from ended;
    update links.share_links l set version = l.version + 1, updated_at = now() where l.id = any (linked) and l.kind = 'advanced';
    delete from links.share_links l where l.account_id = of_account_id and l.basic_of = of_interview_id returning l.id into basic_link_id;
    emptied := array(select l.id from unnest(linked) as l (id)
                     where not exists (select from links.share_link_interviews m where m.share_link_id = l.id));
    select * into done_notes, without_notes from views.erase_notes(with_notes, candidate, emptied);
    select * into reviews, review_revisions, watch_records, transcripts from views.erase_feedback(of_account_id, of_interview_id);
    delete from sharelink.idempotent_answers a
    where a.about = of_account_id || '/' || of_interview_id
          or a.about in (select of_account_id || '/' || l.id from unnest(without_notes) l (id));
    delete from links.interviews i where i.account_id = of_account_id and i.id = of_interview_id;
    queued_mails := notifications.drop_mails_of_candidate(of_account_id, of_interview_id, linked, emptied);
    memberships := cardinality(linked);
    return next;
end
$$;

-- Published for the services that API keys open: one live key by its id. Nobody but the operator reads the table itself.
create or replace function links.live_api_key(of_id text) returns table (secret_hash bytea, account_id text, scopes text, plan text)
language sql stable security definer rows 1 set search_path = pg_catalog, pg_temp
begin atomic
    select k.secret_hash, k.account_id, array_to_string(k.scopes, ' '), a.plan
    from links.api_keys k
    join links.accounts a on a.id = k.account_id
    where k.id = of_id and k.revoked_at is null;
end;

-- Whether an account has this share link or interview, and with an owner: whether it is his link, or a member of one. For the console.
create or replace function links.owner_has(of_account_id text, of_owner_email text, kind text, of_id text) returns boolean
language sql stable
return case kind
       when 'share_link' then exists (
           select from links.share_links l
           where l.account_id = of_account_id and l.id = of_id and (of_owner_email is null or l.owner_email = of_owner_email))
       when 'interview' then exists (
           select from links.interviews i
           where i.account_id = of_account_id and i.id = of_id
             and (of_owner_email is null or exists (
                     select from links.share_link_interviews m join links.share_links l on l.id = m.share_link_id
                     where m.account_id = of_account_id and m.interview_id = of_id and l.owner_email = of_owner_email)))
       else false end;

-- The interviews that are members of an owner's links. For the console.
create or replace function links.interviews_of_owner(of_account_id text, of_owner_email text) returns setof text
language sql stable rows 100 as $$
    select distinct m.interview_id
    from links.share_links l
    join links.share_link_interviews m on m.share_link_id = l.id
    where l.account_id = of_account_id and l.owner_email = of_owner_email
$$;

-- Published for the console service: what an account has to say about a session, and which of the interviews there are not.
create or replace function links.console_account(of_account_id text, interview_ids text[], of_share_link_id text)
returns table (name text, locale text, accent text, has_advanced_links boolean, console_origins text[], missing_interviews int[],
               has_share_link boolean, share_link_owner text)
language sql stable security definer rows 1 set search_path = pg_catalog, pg_temp as $$
    select a.name, a.locale, a.brand_accent, links.has_advanced_links(a.plan), a.console_origins,
           array(select (w.place - 1)::int from unnest(interview_ids) with ordinality w (id, place)
                 where w.id is not null
                   and not exists (select from links.interviews i where i.account_id = a.id and i.id = w.id)
                 order by w.place),
           l.id is not null, l.owner_email
    from links.accounts a
    left join links.share_links l on l.account_id = a.id and l.id = of_share_link_id
    where a.id = of_account_id
$$;

-- Published for the views service: one reviewer's link is off, and why. False when it was off already.
create or replace function links.switch_off_reviewer(of_reviewer_id text, reason jsonb) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    perform from links.share_links where id = (select share_link_id from links.reviewers where id = of_reviewer_id) for update;
    update links.reviewers set deactivated_at = now(), state_reason = reason where id = of_reviewer_id and deactivated_at is null;
    if not found then
        return false;
    end if;
    update links.share_links set version = version + 1, updated_at = now()
    where id = (select share_link_id from links.reviewers where id = of_reviewer_id);
    return true;
end
$$;
