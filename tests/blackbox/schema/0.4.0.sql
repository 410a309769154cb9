-- What a database of this release looks like before anything has happened. Made by tests/blackbox/schema/make.
--
-- PostgreSQL database dump
--



SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE SCHEMA console;


CREATE SCHEMA events;


CREATE SCHEMA links;


CREATE SCHEMA notifications;


CREATE SCHEMA sharelink;


CREATE SCHEMA views;


CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA public;


COMMENT ON EXTENSION btree_gin IS 'support for indexing common datatypes in GIN';


CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;


COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';


CREATE TYPE views.try AS (
	place integer,
	outcome text,
	paused_until timestamp with time zone,
	visit_id text COLLATE pg_catalog."C",
	session_hash bytea,
	cookie_hash bytea,
	event_id text COLLATE pg_catalog."C",
	network text COLLATE pg_catalog."C",
	device text,
	request_id text,
	traceparent text,
	reviewer_id text COLLATE pg_catalog."C",
	reviewer_name text,
	share_link_id text COLLATE pg_catalog."C",
	account_id text COLLATE pg_catalog."C",
	passcode_epoch integer,
	kind text,
	budget text COLLATE pg_catalog."C",
	is_known boolean,
	is_counted boolean,
	wrong_tries integer,
	begins_pause boolean,
	same_visit_id text COLLATE pg_catalog."C"
);


SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE console.sessions (
    id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    key_id text NOT NULL COLLATE pg_catalog."C",
    recruiter_email text NOT NULL COLLATE pg_catalog."C",
    recruiter_name text,
    time_zone text NOT NULL,
    view text NOT NULL,
    interview_ids text[] NOT NULL COLLATE pg_catalog."C",
    share_link_id text COLLATE pg_catalog."C",
    may text[] NOT NULL,
    sees text NOT NULL,
    is_from_mail boolean DEFAULT false NOT NULL,
    origin text,
    return_url text,
    locale text COLLATE pg_catalog."C",
    scheme text NOT NULL,
    accent text,
    code_hash bytea NOT NULL,
    code_until timestamp with time zone NOT NULL,
    first_used_at timestamp with time zone,
    token_hashes bytea[] DEFAULT '{}'::bytea[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT sessions_accent_check CHECK ((accent ~ '^#[0-9a-f]{6}$'::text)),
    CONSTRAINT sessions_may_check CHECK ((may <@ ARRAY['share'::text, 'manage'::text, 'templates'::text])),
    CONSTRAINT sessions_scheme_check CHECK ((scheme = ANY (ARRAY['light'::text, 'dark'::text, 'auto'::text]))),
    CONSTRAINT sessions_sees_check CHECK ((sees = ANY (ARRAY['own'::text, 'all'::text]))),
    CONSTRAINT sessions_view_check CHECK ((view = ANY (ARRAY['share'::text, 'links'::text, 'link'::text, 'templates'::text, 'preferences'::text])))
);


CREATE FUNCTION console.is_live(s console.sessions) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    select s.ended_at is null and s.expires_at > now() and exists (select from links.live_api_key(s.key_id))
$$;


CREATE FUNCTION console.live_session(of_id text) RETURNS TABLE(token_hashes bytea[], account_id text, plan text, recruiter_email text, recruiter_name text, time_zone text, may text, sees_all boolean, is_from_mail boolean)
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select s.token_hashes, s.account_id, k.plan, s.recruiter_email, s.recruiter_name, s.time_zone, array_to_string(s.may, ' '),
           s.sees = 'all', s.is_from_mail
    from console.sessions s
    cross join lateral links.live_api_key(s.key_id) k
    where s.id = of_id and console.is_live(s)
$$;


CREATE FUNCTION console.session_interviews(of_session_id text) RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 100
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select unnest(s.interview_ids) from console.sessions s where s.id = of_session_id and not s.is_from_mail
    union
    select o.id from console.sessions s
    cross join lateral links.interviews_of_owner(s.account_id, s.recruiter_email) o (id)
    where s.id = of_session_id and not s.is_from_mail
$$;


CREATE FUNCTION console.session_reaches(of_session_id text, kind text, id text) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    s console.sessions;
begin
    if of_session_id is null then
        return true;
    end if;
    select * into s from console.sessions where sessions.id = of_session_id;
    if not found then
        return false;
    elsif s.is_from_mail then
        return kind = 'share_link' and id = s.share_link_id and links.owner_has(s.account_id, s.recruiter_email, kind, id);
    elsif s.sees = 'all' then
        return id is null or links.owner_has(s.account_id, null, kind, id);
    end if;
    return (kind = 'interview' and id = any (s.interview_ids) and links.owner_has(s.account_id, null, kind, id))
        or links.owner_has(s.account_id, s.recruiter_email, kind, id);
end
$$;


CREATE FUNCTION events.add_of_reviewers(ids text[], types text[], reviewer_ids text[], details jsonb[], request_ids text[], traceparents text[]) RETURNS TABLE(id text, type text, cloud_event text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
begin
    if not types <@ array['link.opened', 'link.passcode_failed', 'link.access_requested', 'link.deactivated', 'interview.watched',
                          'review.submitted', 'review.updated', 'review.completed'] then
        raise insufficient_privilege using message = 'events.add_of_reviewers: not all of these types are of what reviewers do';
    end if;
    return query
    insert into events.log as l (id, account_id, type, share_link_id, reviewer_id, data, request_id, traceparent)
    select e.id, d.account_id, e.type, d.share_link_id, d.reviewer_id,
           jsonb_build_object('share_link_id', d.share_link_id, 'reviewer_id', d.reviewer_id) || m.more, e.request_id, e.traceparent
    from unnest(ids, types, reviewer_ids, details, request_ids, traceparents)
         as e (id, type, reviewer_id, detail, request_id, traceparent)
    cross join lateral (select * from links.doors d where d.reviewer_id = e.reviewer_id limit 1) d
    cross join lateral (
        select coalesce(jsonb_object_agg(m.key, m.value), '{}') as more from jsonb_each(e.detail) m
        where m.key = any (case e.type
            when 'link.opened' then array['visit_id', 'first']
            when 'link.passcode_failed' then array['tries', 'paused_until']
            when 'link.deactivated' then array['reason']
            when 'interview.watched' then array['interview_id']
            when 'review.submitted' then array['interview_id', 'review_id']
            when 'review.updated' then array['interview_id', 'review_id'] end)
    ) m
    where (e.type <> 'link.deactivated' or d.state_code is not distinct from m.more ->> 'reason')
      and (not m.more ? 'interview_id'
           or exists (select from links.shared_interviews i where i.share_link_id = d.share_link_id and i.interview_id = m.more ->> 'interview_id'))
    order by e.id
    returning l.id, l.type, events.cloud_event(l);
end
$$;


CREATE TABLE events.log (
    id text NOT NULL COLLATE pg_catalog."C",
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    horizon xid8 DEFAULT pg_snapshot_xmin(pg_current_snapshot()),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    account_id text NOT NULL COLLATE pg_catalog."C",
    type text NOT NULL COLLATE pg_catalog."C",
    share_link_id text COLLATE pg_catalog."C",
    reviewer_id text COLLATE pg_catalog."C",
    data jsonb NOT NULL,
    request_id text,
    traceparent text
)
PARTITION BY RANGE (created_at);


CREATE FUNCTION events.cloud_event(event events.log) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    select json_strip_nulls(json_build_object(
        'specversion', '1.0',
        'id', event.id,
        'source', case when event.type in ('link.opened', 'link.passcode_failed', 'link.access_requested',
                                           'interview.watched', 'review.submitted', 'review.updated', 'review.completed')
                       then '/sharelink/views' else '/sharelink/links' end,
        'type', 'sharelink.' || event.type || '.v1',
        'subject', event.share_link_id,
        'time', sharelink.rfc3339(event.created_at),
        'datacontenttype', 'application/json',
        'accountid', event.account_id,
        'requestid', event.request_id,
        'traceparent', event.traceparent,
        'data', event.data))::text
$$;


CREATE FUNCTION events.make_partitions(months_ahead integer, OUT made integer, OUT faults text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '100ms'
    AS $$
declare
    month     date;
    begins_at timestamptz;
    ends_at   timestamptz;
    partition text;
    is_taken  boolean;
begin
    made := 0;
    for month in select generate_series(date_trunc('month', now() at time zone 'UTC'),
                                        date_trunc('month', now() at time zone 'UTC') + make_interval(months => months_ahead),
                                        interval '1 month')::date
    loop
        partition := 'log_' || to_char(month, 'YYYY_MM');
        continue when to_regclass(format('events.%I', partition)) is not null;
        begins_at := month::timestamp at time zone 'UTC';
        ends_at := (month + interval '1 month') at time zone 'UTC';
        begin
            select exists (select from events.log_default where created_at >= begins_at and created_at < ends_at) into is_taken;
            if is_taken then
                raise check_violation using message = 'log_default has rows of this month';
            end if;
            execute format('create table if not exists events.%I partition of events.log for values from (%L) to (%L)',
                           partition, begins_at, ends_at);
            made := made + 1;
        exception
            when lock_not_available then
                faults := concat_ws('; ', faults, partition || ': ' || sqlerrm);
                exit;
            when others then
                faults := concat_ws('; ', faults, partition || ': ' || sqlerrm);
        end;
    end loop;
end
$$;


CREATE TABLE links.accounts (
    id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    plan text NOT NULL,
    default_settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    default_expires_value integer,
    default_expires_unit text,
    default_sender_name text,
    brand_name text,
    brand_accent text,
    brand_logo_url text,
    brand_logo text COLLATE pg_catalog."C",
    locale text COLLATE pg_catalog."C",
    console_url text,
    console_origins text[] DEFAULT '{}'::text[] NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT accounts_brand_accent_check CHECK ((brand_accent ~ '^#[0-9a-f]{6}$'::text)),
    CONSTRAINT accounts_check CHECK (((default_expires_value IS NULL) = (default_expires_unit IS NULL))),
    CONSTRAINT accounts_default_expires_unit_check CHECK ((default_expires_unit = ANY (ARRAY['days'::text, 'weeks'::text])))
);


CREATE FUNCTION links.account_json(account links.accounts, logo_state json) RETURNS json
    LANGUAGE sql STABLE
    AS $$
    select json_build_object(
        'id', account.id,
        'name', account.name,
        'plan', account.plan,
        'defaults', json_build_object(
            'settings', json_build_object(
                'abbreviate_names', links.setting(null, account, 'abbreviate_names'),
                'omit_avatars', links.setting(null, account, 'omit_avatars'),
                'exclude_full_profiles', links.setting(null, account, 'exclude_full_profiles'),
                'hide_skipped_questions', links.setting(null, account, 'hide_skipped_questions'),
                'disable_feedback', links.setting(null, account, 'disable_feedback'),
                'mask_questionnaire', links.setting(null, account, 'mask_questionnaire')),
            'expires_in', case when account.default_expires_value is not null
                               then json_build_object('value', account.default_expires_value, 'unit', account.default_expires_unit) end,
            'sender_name', account.default_sender_name),
        'brand', json_build_object('name', account.brand_name, 'accent', account.brand_accent, 'logo_url', account.brand_logo_url,
                                   'logo_state', logo_state),
        'locale', account.locale,
        'console_url', account.console_url,
        'console_origins', account.console_origins,
        'advanced_links', links.has_advanced_links(account.plan),
        'version', account.version,
        'created_at', sharelink.rfc3339(account.created_at),
        'updated_at', sharelink.rfc3339(account.updated_at))
$$;


CREATE FUNCTION sharelink.folded(value text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
declare
    folded text;
begin
    if octet_length(value) = char_length(value) then
        return lower(value collate "C");
    end if;
    folded := normalize(value, NFKD);
    folded := replace(replace(replace(replace(folded, U&'\0300', ''), U&'\0301', ''), U&'\0302', ''), U&'\0303', '');
    folded := replace(replace(replace(replace(folded, U&'\0308', ''), U&'\030A', ''), U&'\030C', ''), U&'\0327', '');
    folded := regexp_replace(folded, '[\u00AD\u0300-\u036F\u0483-\u0489\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7\u0610-\u061A'
        '\u064B-\u065F\u0670\u06D6-\u06ED\u1AB0-\u1AFF\u1DC0-\u1DFF\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069\u20D0-\u20FF'
        '\u3099\u309A\uFE00-\uFE0F\uFE20-\uFE2F\uFEFF]+', '', 'g');
    folded := lower(folded collate "und-x-icu");
    if folded ~ '[ßæœþøłđðħŧıς‘’ʼ‐–—−]' then
        folded := replace(replace(replace(replace(folded, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
        folded := replace(replace(replace(replace(folded, 'ø', 'o'), 'ł', 'l'), 'đ', 'd'), 'ð', 'd');
        folded := replace(replace(replace(replace(folded, 'ħ', 'h'), 'ŧ', 't'), 'ı', 'i'), 'ς', 'σ');
        folded := replace(replace(replace(folded, '‘', ''''), '’', ''''), 'ʼ', '''');
        folded := replace(replace(replace(replace(folded, '‐', '-'), '–', '-'), '—', '-'), '−', '-');
    end if;
    return folded;
end
$$;


CREATE TABLE links.share_links (
    id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL,
    basic_of text COLLATE pg_catalog."C",
    title text NOT NULL,
    searched text GENERATED ALWAYS AS (sharelink.folded(title)) STORED NOT NULL,
    owner_name text NOT NULL,
    owner_email text COLLATE pg_catalog."C",
    owner_time_zone text NOT NULL,
    abbreviate_names boolean DEFAULT false NOT NULL,
    omit_avatars boolean DEFAULT false NOT NULL,
    exclude_full_profiles boolean DEFAULT false NOT NULL,
    hide_skipped_questions boolean DEFAULT false NOT NULL,
    disable_feedback boolean DEFAULT false NOT NULL,
    mask_questionnaire boolean DEFAULT false NOT NULL,
    send_email boolean NOT NULL,
    message_subject text,
    message_body text,
    template_id text COLLATE pg_catalog."C",
    external_id text COLLATE pg_catalog."C",
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    media_salt bytea NOT NULL,
    last_position integer DEFAULT 0 NOT NULL,
    deactivated_at timestamp with time zone,
    state_reason jsonb,
    expires_at timestamp with time zone,
    told_expiry timestamp with time zone,
    active_since timestamp with time zone DEFAULT now(),
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT share_links_check CHECK (((kind = 'basic'::text) = (basic_of IS NOT NULL))),
    CONSTRAINT share_links_kind_check CHECK ((kind = ANY (ARRAY['advanced'::text, 'basic'::text])))
);


CREATE FUNCTION links.basic_link_now(of_account_id text, of_interview_id text) RETURNS SETOF links.share_links
    LANGUAGE plpgsql ROWS 1
    AS $$
begin
    return query select * from links.share_links where account_id = of_account_id and basic_of = of_interview_id;
end
$$;


CREATE FUNCTION links.change_memberships(of_account_id text, of_session_id text, interview_ids text[], add_to text[], remove_from text[], is_sound boolean, interviews_max integer, size_max bigint) RETURNS TABLE(outcome text, is_addition boolean, place integer, link_id text, changed_ids text[])
    LANGUAGE plpgsql ROWS 10
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
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


CREATE FUNCTION links.console_account(of_account_id text, interview_ids text[], of_share_link_id text) RETURNS TABLE(name text, locale text, accent text, has_advanced_links boolean, console_origins text[], missing_interviews integer[], has_share_link boolean, share_link_owner text)
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


CREATE FUNCTION links.content_size(document jsonb) RETURNS integer
    LANGUAGE sql IMMUTABLE
    RETURN (octet_length((document)::text) + (500 * CASE WHEN (jsonb_typeof((document -> 'questions'::text)) = 'array'::text) THEN jsonb_array_length((document -> 'questions'::text)) ELSE 0 END));


CREATE FUNCTION links.content_size_now(of_share_link_id text) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
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


CREATE FUNCTION links.count_document_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    insert into links.document_versions as v (account_id) values (old.account_id)
    on conflict (account_id) do update set version = v.version + 1
        where v.xmin <> pg_current_xact_id()::xid; -- once for all that a transaction changes
    return null;
end
$$;


CREATE TABLE links.email_templates (
    id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    is_default boolean DEFAULT false NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
);


CREATE FUNCTION links.email_template_json(template links.email_templates) RETURNS json
    LANGUAGE sql STABLE
    AS $$
    select json_build_object(
        'id', template.id,
        'name', template.name,
        'subject', template.subject,
        'body', template.body,
        'is_default', template.is_default,
        'version', template.version,
        'created_at', sharelink.rfc3339(template.created_at),
        'updated_at', sharelink.rfc3339(template.updated_at))
$$;


CREATE FUNCTION links.erase_interview(of_account_id text, of_interview_id text, wanted_tags text) RETURNS TABLE(outcome text, memberships integer, basic_link_id text, queued_mails integer, reviews integer, review_revisions integer, watch_records integer, transcripts integer, done_notes integer)
    LANGUAGE plpgsql ROWS 1
    AS $$
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


CREATE FUNCTION links.expiry(is_sent boolean, at timestamp with time zone, in_s bigint, account links.accounts) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    AS $$
    select case when is_sent then coalesce(at, now() + in_s * interval '1 second')
                else now() + account.default_expires_value
                             * case account.default_expires_unit when 'weeks' then interval '168 hours' else interval '24 hours' end end
$$;


CREATE FUNCTION links.has_advanced_links(plan text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN (plan = ANY (ARRAY['screen'::text, 'growth'::text, 'enterprise'::text]));


CREATE FUNCTION links.has_room(of_account_id text, of_interview_id text, growth bigint, content_max bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    return growth <= 0 or not exists (
        select from links.share_link_interviews m
        where m.account_id = of_account_id and m.interview_id = of_interview_id
          and links.content_size_now(m.share_link_id) + growth > content_max);
end
$$;


CREATE FUNCTION links.hold_document(of_account_id text, of_interview_id text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    perform from links.interviews i where i.account_id = of_account_id and i.id = of_interview_id for no key update;
    return found;
end
$$;


CREATE FUNCTION links.hold_interviews(of_account_id text, of_interview_ids text[]) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER ROWS 20
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    return query
        select h.id
        from (select distinct u.id collate "C" as id from unnest(of_interview_ids) u (id) order by 1) w
        cross join lateral (
            select i.id from links.interviews i where i.account_id = of_account_id and i.id = w.id for key share
        ) h;
end
$$;


CREATE FUNCTION links.recorded_seconds(document jsonb) RETURNS real
    LANGUAGE sql IMMUTABLE
    RETURN (SELECT COALESCE(sum(((question.value #>> '{answer,duration_seconds}'::text[]))::real), (0)::real) AS "coalesce" FROM jsonb_array_elements(CASE WHEN (jsonb_typeof((recorded_seconds.document -> 'questions'::text)) = 'array'::text) THEN (recorded_seconds.document -> 'questions'::text) ELSE '[]'::jsonb END) question(value) WHERE (((question.value -> 'skipped'::text) IS DISTINCT FROM 'true'::jsonb) AND ((question.value #>> '{answer,kind}'::text[]) = ANY (ARRAY['video'::text, 'audio'::text])) AND (jsonb_typeof((question.value #> '{answer,duration_seconds}'::text[])) = 'number'::text)));


CREATE FUNCTION sharelink.person_searched(name text, address text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    AS $$
begin
    if address like '%xn--%' then
        return sharelink.folded(name || E'\n' || address || E'\n' || split_part(address, '@', 1) || '@'
            || (select string_agg(sharelink.punycode_decoded(label), '.' order by place)
                from unnest(string_to_array(split_part(address, '@', 2), '.')) with ordinality labels (label, place)));
    end if;
    return sharelink.folded(name || coalesce(E'\n' || address, ''));
end
$$;


CREATE FUNCTION sharelink.time_of(rfc3339 text) RETURNS timestamp with time zone
    LANGUAGE plpgsql IMMUTABLE STRICT
    AS $$
begin
    return rfc3339::timestamptz;
end
$$;


CREATE TABLE links.interviews (
    account_id text NOT NULL COLLATE pg_catalog."C",
    id text NOT NULL COLLATE pg_catalog."C",
    document jsonb NOT NULL,
    type text GENERATED ALWAYS AS ((document ->> 'type'::text)) STORED,
    job_id text GENERATED ALWAYS AS ((document #>> '{job,id}'::text[])) STORED COLLATE pg_catalog."C",
    completed_at timestamp with time zone GENERATED ALWAYS AS (sharelink.time_of((document ->> 'completed_at'::text))) STORED,
    candidate_name text GENERATED ALWAYS AS (((document #>> '{candidate,first_name}'::text[]) || COALESCE((' '::text || NULLIF((document #>> '{candidate,last_name}'::text[]), ''::text)), ''::text))) STORED,
    searched text GENERATED ALWAYS AS (sharelink.person_searched(((document #>> '{candidate,first_name}'::text[]) || COALESCE((' '::text || (document #>> '{candidate,last_name}'::text[])), ''::text)), (document #>> '{candidate,email}'::text[]))) STORED,
    job_title text GENERATED ALWAYS AS ((document #>> '{job,title}'::text[])) STORED,
    job_searched text GENERATED ALWAYS AS (sharelink.folded((document #>> '{job,title}'::text[]))) STORED,
    content_size integer GENERATED ALWAYS AS (links.content_size(document)) STORED NOT NULL,
    recorded_s real GENERATED ALWAYS AS (links.recorded_seconds(document)) STORED NOT NULL,
    external_id text COLLATE pg_catalog."C",
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT interviews_document CHECK ((NOT (document ?| ARRAY['external_id'::text, 'metadata'::text])))
);


CREATE FUNCTION links.interview_json(document jsonb, interview links.interviews) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    select links.interview_json(document, interview.id, interview.external_id, interview.metadata, interview.version, interview.created_at,
                                interview.updated_at)
$$;


CREATE FUNCTION links.interview_json(document jsonb, id text, external_id text, metadata jsonb, version integer, created_at timestamp with time zone, updated_at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    select document || jsonb_build_object(
        'id', id,
        'external_id', external_id,
        'metadata', metadata,
        'version', version,
        'created_at', sharelink.rfc3339(created_at),
        'updated_at', sharelink.rfc3339(updated_at))
$$;


CREATE FUNCTION links.interviews_of_owner(of_account_id text, of_owner_email text) RETURNS SETOF text
    LANGUAGE sql STABLE ROWS 100
    AS $$
    select distinct m.interview_id
    from links.share_links l
    join links.share_link_interviews m on m.share_link_id = l.id
    where l.account_id = of_account_id and l.owner_email = of_owner_email
$$;


CREATE FUNCTION links.interviews_with_words(of_account_id text, search text) RETURNS SETOF text
    LANGUAGE plpgsql STABLE ROWS 100
    AS $$
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


CREATE FUNCTION links.links_with_word(of_account_id text, pattern text) RETURNS SETOF text
    LANGUAGE plpgsql STABLE ROWS 100
    AS $$
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


CREATE FUNCTION links.links_with_words(of_account_id text, search text) RETURNS SETOF text
    LANGUAGE plpgsql STABLE ROWS 100
    AS $$
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


CREATE TABLE links.api_keys (
    id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    secret_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    revoked_at timestamp with time zone
);


CREATE FUNCTION links.live_api_key(of_id text) RETURNS TABLE(secret_hash bytea, account_id text, scopes text, plan text)
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 1
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 SELECT k.secret_hash,
     k.account_id,
     array_to_string(k.scopes, ' '::text) AS array_to_string,
     a.plan
    FROM (links.api_keys k
      JOIN links.accounts a ON ((a.id = k.account_id)))
   WHERE ((k.id = live_api_key.of_id) AND (k.revoked_at IS NULL));
END;


CREATE FUNCTION links.logo_state_now(of_account_id text) RETURNS json
    LANGUAGE plpgsql
    AS $$
begin
    return (select w.logo_state from views.wanted_logos w where w.account_id = of_account_id);
end
$$;


CREATE FUNCTION links.mail_digest(kind text, address text) RETURNS bytea
    LANGUAGE sql IMMUTABLE
    RETURN sha256(convert_to(((kind || ' '::text) || address), 'UTF8'::name));


CREATE TABLE links.share_link_interviews (
    share_link_id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    interview_id text NOT NULL COLLATE pg_catalog."C",
    "position" integer NOT NULL,
    added_at timestamp with time zone DEFAULT now() NOT NULL
);


CREATE FUNCTION links.members_now(of_share_link_id text) RETURNS SETOF links.share_link_interviews
    LANGUAGE plpgsql ROWS 20
    AS $$
begin
    return query select * from links.share_link_interviews where share_link_id = of_share_link_id;
end
$$;


CREATE FUNCTION links.memberships_now(of_account_id text, of_interview_id text) RETURNS SETOF links.share_link_interviews
    LANGUAGE plpgsql ROWS 20
    AS $$
begin
    return query select * from links.share_link_interviews m where m.account_id = of_account_id and m.interview_id = of_interview_id;
end
$$;


CREATE FUNCTION links.merged_metadata(metadata jsonb, changes jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN (changes IS NULL) THEN metadata WHEN (jsonb_typeof(changes) = 'null'::text) THEN '{}'::jsonb ELSE jsonb_strip_nulls((metadata || changes)) END;


CREATE FUNCTION links.note_document_change(of_account_id text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    insert into links.document_versions as v (account_id) values (of_account_id)
    on conflict (account_id) do update set version = v.version + 1;
end
$$;


CREATE FUNCTION links.note_revival() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if new.deactivated_at is null
       and (old.deactivated_at is not null or (old.expires_at <= now() and new.expires_at is distinct from old.expires_at)) then
        new.active_since := now();
    end if;
    return new;
end
$$;


CREATE FUNCTION links.owner_has(of_account_id text, of_owner_email text, kind text, of_id text) RETURNS boolean
    LANGUAGE sql STABLE
    RETURN CASE kind WHEN 'share_link'::text THEN (EXISTS (SELECT FROM links.share_links l WHERE ((l.account_id = owner_has.of_account_id) AND (l.id = owner_has.of_id) AND ((owner_has.of_owner_email IS NULL) OR (l.owner_email = owner_has.of_owner_email))))) WHEN 'interview'::text THEN (EXISTS (SELECT FROM links.interviews i WHERE ((i.account_id = owner_has.of_account_id) AND (i.id = owner_has.of_id) AND ((owner_has.of_owner_email IS NULL) OR (EXISTS (SELECT FROM (links.share_link_interviews m JOIN links.share_links l ON ((l.id = m.share_link_id))) WHERE ((m.account_id = owner_has.of_account_id) AND (m.interview_id = owner_has.of_id) AND (l.owner_email = owner_has.of_owner_email)))))))) ELSE false END;


CREATE FUNCTION links.remove_members_now(of_share_link_ids text[], of_interview_ids text[]) RETURNS SETOF links.share_link_interviews
    LANGUAGE plpgsql ROWS 20
    AS $$
begin
    return query
        delete from links.share_link_interviews
        where share_link_id = any (of_share_link_ids) and interview_id = any (of_interview_ids)
        returning *;
end
$$;


CREATE TABLE links.reviewers (
    id text NOT NULL COLLATE pg_catalog."C",
    share_link_id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    "position" integer NOT NULL,
    name text NOT NULL,
    email text COLLATE pg_catalog."C",
    searched text GENERATED ALWAYS AS (sharelink.person_searched(name, email)) STORED NOT NULL,
    token_hash bytea NOT NULL,
    passcode_hash bytea NOT NULL,
    passcode_epoch integer DEFAULT 1 NOT NULL,
    sealed bytea NOT NULL,
    deactivated_at timestamp with time zone,
    state_reason jsonb,
    invitation_requested_at timestamp with time zone,
    external_id text COLLATE pg_catalog."C",
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    locale text COLLATE pg_catalog."C",
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


CREATE TABLE notifications.deliveries (
    id text NOT NULL COLLATE pg_catalog."C",
    event_id text NOT NULL COLLATE pg_catalog."C",
    event_type text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    channel text NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    recipient text NOT NULL COLLATE pg_catalog."C",
    event_data jsonb NOT NULL,
    happened_at timestamp with time zone NOT NULL,
    share_link_id text COLLATE pg_catalog."C",
    reviewer_id text COLLATE pg_catalog."C",
    state text NOT NULL,
    reason text,
    attempts integer DEFAULT 0 NOT NULL,
    uncertain integer DEFAULT 0 NOT NULL,
    last_error text,
    tries jsonb,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    sent_at timestamp with time zone,
    next_attempt_at timestamp with time zone,
    lease_until timestamp with time zone,
    lease_holder text,
    gathers boolean DEFAULT false NOT NULL,
    gathered integer DEFAULT 1 NOT NULL,
    gathered_items text[] COLLATE pg_catalog."C",
    last_happened_at timestamp with time zone,
    gathered_into text COLLATE pg_catalog."C",
    followers text[] COLLATE pg_catalog."C",
    request_id text,
    traceparent text,
    CONSTRAINT deliveries_channel_check CHECK ((channel = ANY (ARRAY['email'::text, 'webhook'::text]))),
    CONSTRAINT deliveries_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'sent'::text, 'failed'::text, 'skipped'::text])))
)
WITH (fillfactor='50');


CREATE VIEW notifications.invitations AS
 SELECT deliveries.reviewer_id,
    deliveries.id,
    deliveries.state,
    deliveries.sent_at,
    deliveries.recipient
   FROM notifications.deliveries
  WHERE (deliveries.kind = 'invitation'::text);


CREATE TABLE views.activity (
    reviewer_id text NOT NULL COLLATE pg_catalog."C",
    share_link_id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    first_opened_at timestamp with time zone DEFAULT now() NOT NULL,
    last_opened_at timestamp with time zone DEFAULT now() NOT NULL,
    open_count bigint NOT NULL,
    feedback_version bigint DEFAULT 0 NOT NULL,
    watch_credit_s real DEFAULT 600 NOT NULL,
    watch_credited_at timestamp with time zone DEFAULT now() NOT NULL,
    usage_epoch integer DEFAULT 0 NOT NULL,
    hour_since timestamp with time zone DEFAULT now() NOT NULL,
    hour_opens integer DEFAULT 0 NOT NULL,
    networks jsonb DEFAULT '{}'::jsonb NOT NULL,
    network_count integer DEFAULT 0 NOT NULL,
    done_at timestamp with time zone,
    done_note text,
    done_told_at timestamp with time zone
)
WITH (fillfactor='80');


CREATE TABLE views.reviews (
    id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    share_link_id text NOT NULL COLLATE pg_catalog."C",
    reviewer_id text NOT NULL COLLATE pg_catalog."C",
    reviewer_name text NOT NULL,
    interview_id text NOT NULL COLLATE pg_catalog."C",
    rating smallint,
    recommendation text COLLATE pg_catalog."C",
    comment text NOT NULL,
    question_ratings jsonb NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    submitted_at timestamp with time zone,
    is_empty boolean GENERATED ALWAYS AS (((rating IS NULL) AND (recommendation IS NULL) AND (comment = ''::text) AND (question_ratings = '[]'::jsonb))) STORED NOT NULL,
    CONSTRAINT reviews_rating_check CHECK (((rating >= 1) AND (rating <= 5))),
    CONSTRAINT reviews_recommendation_check CHECK ((recommendation = ANY (ARRAY['strong_yes'::text, 'yes'::text, 'no'::text, 'strong_no'::text])))
)
WITH (fillfactor='90');


CREATE VIEW views.published_reviews AS
 SELECT reviews.id,
    reviews.account_id,
    reviews.share_link_id,
    reviews.reviewer_id,
    reviews.reviewer_name,
    reviews.interview_id,
    reviews.rating,
    reviews.comment,
    reviews.question_ratings,
    reviews.version,
    reviews.version AS revision_count,
    reviews.created_at,
    reviews.updated_at,
    reviews.recommendation
   FROM views.reviews
  WHERE (NOT reviews.is_empty);


CREATE TABLE views.watch (
    reviewer_id text NOT NULL COLLATE pg_catalog."C",
    interview_id text NOT NULL COLLATE pg_catalog."C",
    question_id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    share_link_id text NOT NULL COLLATE pg_catalog."C",
    seconds real NOT NULL,
    "position" real NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL
)
WITH (fillfactor='80');


CREATE VIEW views.reviewer_activity AS
 SELECT a.reviewer_id,
    a.share_link_id,
    a.first_opened_at,
    a.last_opened_at,
    a.open_count,
    w.reviewed_count,
    a.done_at,
    a.done_note,
    s.watched_seconds
   FROM ((views.activity a
     CROSS JOIN LATERAL ( SELECT (count(*))::integer AS reviewed_count
           FROM (views.published_reviews p
             JOIN links.share_link_interviews m ON (((m.share_link_id = p.share_link_id) AND (m.interview_id = p.interview_id))))
          WHERE (p.reviewer_id = a.reviewer_id)) w)
     CROSS JOIN LATERAL ( SELECT (COALESCE(floor((sum(s_1.seconds))::double precision), (0)::double precision))::bigint AS watched_seconds
           FROM views.watch s_1
          WHERE (s_1.reviewer_id = a.reviewer_id)) s);


CREATE FUNCTION links.reviewer_json(reviewer links.reviewers, activity views.reviewer_activity, invitation notifications.invitations) RETURNS json
    LANGUAGE sql STABLE
    AS $$
    select json_build_object(
        'id', reviewer.id,
        'name', reviewer.name,
        'email', reviewer.email,
        'state', case when reviewer.deactivated_at is null then 'active' else 'deactivated' end,
        'state_reason', reviewer.state_reason,
        'external_id', reviewer.external_id,
        'metadata', reviewer.metadata,
        'locale', reviewer.locale,
        'invited_at', sharelink.rfc3339(invitation.sent_at),
        'invitation_state', coalesce(invitation.state, case when reviewer.invitation_requested_at is null then 'none' else 'pending' end),
        'first_opened_at', sharelink.rfc3339(activity.first_opened_at),
        'last_opened_at', sharelink.rfc3339(activity.last_opened_at),
        'open_count', coalesce(activity.open_count, 0),
        'reviewed_count', coalesce(activity.reviewed_count, 0),
        'watched_seconds', coalesce(activity.watched_seconds, 0),
        'done_at', sharelink.rfc3339(activity.done_at),
        'done_note', activity.done_note)
$$;


CREATE FUNCTION links.reviewer_now(of_reviewer_id text) RETURNS json
    LANGUAGE plpgsql
    AS $$
begin
    return (select d.reviewer from links.reviewer_documents d where d.reviewer_id = of_reviewer_id);
end
$$;


CREATE FUNCTION links.reviewers_now(of_share_link_id text) RETURNS SETOF links.reviewers
    LANGUAGE plpgsql ROWS 20
    AS $$
begin
    return query select * from links.reviewers where share_link_id = of_share_link_id;
end
$$;


CREATE FUNCTION links.set_logo(of_account_id text, of_url text, digest text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    update links.accounts a set brand_logo = digest where a.id = of_account_id and a.brand_logo_url = of_url;
    return found;
end
$$;


CREATE FUNCTION links.setting(sent jsonb, account links.accounts, name text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    select coalesce((sent ->> name)::boolean, (account.default_settings ->> name)::boolean, false)
$$;


CREATE FUNCTION links.share_link_json(link links.share_links, interview_ids json, interview_count integer, reviewers json) RETURNS json
    LANGUAGE sql STABLE
    AS $$
    select json_build_object(
        'id', link.id,
        'kind', link.kind,
        'title', link.title,
        'state', links.state_of(link.deactivated_at, link.expires_at),
        'state_reason', link.state_reason,
        'owner', json_build_object('name', link.owner_name, 'email', link.owner_email, 'time_zone', link.owner_time_zone),
        'settings', json_build_object(
            'abbreviate_names', link.abbreviate_names,
            'omit_avatars', link.omit_avatars,
            'exclude_full_profiles', link.exclude_full_profiles,
            'hide_skipped_questions', link.hide_skipped_questions,
            'disable_feedback', link.disable_feedback,
            'mask_questionnaire', link.mask_questionnaire),
        'send_email', link.send_email,
        'message', case when link.message_subject is null then null
                        else json_build_object('subject', link.message_subject, 'body', link.message_body) end,
        'template_id', link.template_id,
        'external_id', link.external_id,
        'metadata', link.metadata,
        'expires_at', sharelink.rfc3339(link.expires_at),
        'interview_count', interview_count,
        'interview_ids', interview_ids,
        'reviewers', reviewers,
        'version', link.version,
        'created_at', sharelink.rfc3339(link.created_at),
        'updated_at', sharelink.rfc3339(link.updated_at))
$$;


CREATE FUNCTION links.share_link_now(of_share_link_id text) RETURNS TABLE(share_link json, version integer)
    LANGUAGE plpgsql ROWS 1
    AS $$
begin
    return query select d.share_link, d.version from links.share_link_documents d where d.share_link_id = of_share_link_id;
end
$$;


CREATE FUNCTION links.state_of(link_deactivated_at timestamp with time zone, expires_at timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    RETURN CASE WHEN (link_deactivated_at IS NOT NULL) THEN 'deactivated'::text WHEN (expires_at <= now()) THEN 'expired'::text ELSE 'active'::text END;


CREATE FUNCTION links.store_interviews(of_account_id text, ids text[], documents jsonb[], external_ids text[], metadata jsonb[], only_replaces boolean, only_creates boolean, wanted_tags text, size_max bigint) RETURNS TABLE(outcome text, place integer, version integer, created_at timestamp with time zone, updated_at timestamp with time zone, overfull_link text, content_size bigint)
    LANGUAGE plpgsql ROWS 1
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
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


CREATE FUNCTION links.switch_off_reviewer(of_reviewer_id text, reason jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


CREATE FUNCTION links.take_access_request(of_reviewer_id text, mails_max integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    return (select case when t.refused is not null then greatest(t.retry_s, 1) end
            from links.reviewers r
            join links.share_links l on l.id = r.share_link_id
            cross join lateral links.take_mails(l.account_id, 'access_requested', array[l.owner_email], mails_max) t
            where r.id = of_reviewer_id);
end
$$;


CREATE FUNCTION links.take_default_now(of_account_id text, except_id text) RETURNS integer
    LANGUAGE plpgsql
    AS $$
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


CREATE FUNCTION links.take_mails(of_account_id text, kind text, addresses text[], mails_max integer) RETURNS TABLE(refused integer[], retry_s integer)
    LANGUAGE plpgsql ROWS 1
    AS $$
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


CREATE FUNCTION links.take_some_mails(of_account_id text, kind text, addresses text[], mails_max integer) RETURNS TABLE(refused integer[], retry_s integer)
    LANGUAGE plpgsql ROWS 1
    AS $$
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


CREATE FUNCTION links.taken_names(of_account_id text, ids text[], external_ids text[]) RETURNS SETOF integer
    LANGUAGE plpgsql ROWS 1
    AS $$
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


CREATE FUNCTION notifications.and_try(tries jsonb, at timestamp with time zone, outcome text, detail text) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    select case when jsonb_array_length(tries) >= 20 then tries - 0 else coalesce(tries, '[]') end
           || jsonb_build_object('at', sharelink.rfc3339(at), 'outcome', outcome, 'detail', left(detail, 300))
$$;


CREATE TABLE notifications.webhook_endpoints (
    id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    url text NOT NULL,
    events text[] COLLATE pg_catalog."C",
    share_link_ids text[] COLLATE pg_catalog."C",
    external_ids text[] COLLATE pg_catalog."C",
    description text,
    state text DEFAULT 'enabled'::text NOT NULL,
    state_reason text,
    secret bytea NOT NULL,
    previous_secrets bytea[] DEFAULT '{}'::bytea[] NOT NULL,
    previous_untils timestamp with time zone[] DEFAULT '{}'::timestamp with time zone[] NOT NULL,
    failing_since timestamp with time zone,
    version integer DEFAULT 1 NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT webhook_endpoints_check CHECK ((cardinality(previous_secrets) = cardinality(previous_untils))),
    CONSTRAINT webhook_endpoints_state_check CHECK ((state = ANY (ARRAY['enabled'::text, 'disabled'::text])))
);


CREATE FUNCTION notifications.chosen_links(endpoint notifications.webhook_endpoints) RETURNS SETOF text
    LANGUAGE sql STABLE ROWS 100
    AS $$
    select unnest(endpoint.share_link_ids)
    union
    select l.share_link_id from links.webhook_links l
    where l.account_id = endpoint.account_id and l.external_id = any (endpoint.external_ids)
    union
    select e.share_link_id from events.log e
    where endpoint.external_ids is not null and e.type = 'link.deleted' and e.account_id = endpoint.account_id
      and e.data ->> 'external_id' = any (endpoint.external_ids)
$$;


CREATE FUNCTION notifications.close_gathering() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    delete from notifications.gatherings where delivery_id = new.id;
    return null;
end
$$;


CREATE FUNCTION notifications.completion_json(of_reviewer_id text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    AS $$
begin
    return (
        select jsonb_build_object('is_done', a.done_at is not null, 'note', a.done_note, 'reviewed', a.reviewed_count,
                                  'interview_count', p.interview_count)
        from links.mail_reviewers p
        join views.reviewer_activity a on a.reviewer_id = p.reviewer_id
        where p.reviewer_id = of_reviewer_id);
end
$$;


CREATE FUNCTION notifications.delivery_json(delivery notifications.deliveries) RETURNS json
    LANGUAGE sql STABLE
    AS $$
    select json_build_object(
        'id', delivery.id,
        'event_id', case when delivery.event_id like 'evt\_%' then delivery.event_id end,
        'event_type', delivery.event_type,
        'channel', delivery.channel,
        'kind', delivery.kind,
        'webhook_endpoint_id', case delivery.channel when 'webhook' then delivery.recipient end,
        'share_link_id', delivery.share_link_id,
        'reviewer_id', delivery.reviewer_id,
        'state', delivery.state,
        'reason', delivery.reason,
        'attempts', delivery.attempts,
        'last_error', delivery.last_error,
        'created_at', sharelink.rfc3339(delivery.created_at),
        'sent_at', sharelink.rfc3339(delivery.sent_at),
        'next_attempt_at', case delivery.state when 'pending' then sharelink.rfc3339(delivery.next_attempt_at) end)
$$;


CREATE FUNCTION notifications.digest_json(digest_id text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    AS $$
begin
    return (
        with told as (
            select d.account_id, d.share_link_id, d.reviewer_id, d.kind, sum(d.gathered)::int as count,
                   max(coalesce(d.last_happened_at, d.happened_at)) as last_at,
                   array_agg(distinct d.event_data ->> 'interview_id') as interview_ids
            from notifications.deliveries d
            where d.gathered_into = digest_id
            group by d.account_id, d.share_link_id, d.reviewer_id, d.kind
        ),
        lines as (
            select t.share_link_id, l.title, t.last_at,
                   jsonb_build_object(
                       'kind', t.kind,
                       'reviewer', r.name,
                       'count', t.count,
                       'last_at', notifications.local_time(t.last_at, l.owner_time_zone),
                       'candidates', coalesce(c.names, '[]'))
                   || case t.kind when 'completed' then notifications.completion_json(t.reviewer_id) else '{}' end as line
            from told t
            join links.mail_links l on l.share_link_id = t.share_link_id
            join links.mail_reviewers r on r.reviewer_id = t.reviewer_id
            cross join lateral (
                select jsonb_agg(jsonb_build_object('name', i.candidate_name, 'rating', v.rating, 'recommendation', v.recommendation)
                                 order by i.candidate_name) as names
                from links.mail_interviews i
                join views.published_reviews v on v.reviewer_id = t.reviewer_id and v.interview_id = i.interview_id
                where t.kind = 'review' and i.account_id = t.account_id and i.interview_id = any (t.interview_ids)
            ) c
        )
        select coalesce(jsonb_agg(jsonb_build_object('share_link_id', share_link_id, 'title', title, 'lines', lines) order by last_at desc), '[]')
        from (select share_link_id, title, max(last_at) as last_at, jsonb_agg(line order by last_at) as lines
              from lines group by share_link_id, title) links);
end
$$;


CREATE FUNCTION notifications.drop_mails_of_candidate(of_account_id text, of_interview_id text, share_link_ids text[], emptied_ids text[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    dropped int;
begin
    update notifications.deliveries d
    set state = 'skipped', reason = 'candidate_erased'
    from (
        select w.id from notifications.deliveries w
        where w.account_id = of_account_id and w.share_link_id = any (share_link_ids) and w.state = 'pending' and w.channel = 'email'
          and (w.lease_until is null or w.lease_until < now())
          and ((w.event_data ->> 'interview_id' = of_interview_id
                and not exists (select from notifications.gatherings g where g.delivery_id = w.id and g.items <> array[of_interview_id]))
               or (w.kind = 'invitation' and w.share_link_id = any (emptied_ids)))
        order by w.id
        for update skip locked
    ) waiting
    where d.id = waiting.id;
    get diagnostics dropped = row_count;
    return dropped;
end
$$;


CREATE FUNCTION notifications.due_digests(at timestamp with time zone, most integer, waiting text[]) RETURNS TABLE(account_id text, address text)
    LANGUAGE sql STABLE
    AS $$
    select p.account_id, p.address
    from notifications.preferences p
    cross join lateral (
        select case p.digest when 'daily' then notifications.last_eight(at, notifications.owner_zone(p.account_id, p.address)) else at end as until
        offset 0
    ) u
    where p.digest_until is not null and p.unsubscribed_at is null and p.digest_until < u.until
      and p.account_id || ' ' || p.address not in (select unnest(waiting))
    order by p.digest_until
    limit most
$$;


CREATE FUNCTION notifications.event_json(event events.log) RETURNS json
    LANGUAGE sql STABLE
    AS $$
    select json_strip_nulls(json_build_object(
        'id', event.id,
        'type', event.type,
        'created_at', sharelink.rfc3339(event.created_at),
        'share_link_id', event.share_link_id,
        'reviewer_id', event.reviewer_id,
        'data', event.data,
        'request_id', event.request_id))
$$;


CREATE FUNCTION notifications.external_id_of(of_share_link_id text) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
declare
    found_id text;
begin
    select l.external_id into found_id from links.webhook_links l where l.share_link_id = of_share_link_id;
    if not found then
        select e.data ->> 'external_id' into found_id from events.log e
        where e.share_link_id = of_share_link_id and e.type = 'link.deleted'
        order by e.xid desc, e.id desc limit 1;
    end if;
    return found_id;
end
$$;


CREATE FUNCTION notifications.feedback_json(of_reviewer_id text, interview_ids text[]) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    AS $$
begin
    return (
        with told as materialized (
            select v.*, count(*) over () as count
            from views.published_reviews v
            where v.reviewer_id = of_reviewer_id and v.interview_id = any (interview_ids)
            order by v.updated_at desc
            limit 60
        )
        select jsonb_build_object('review_count', coalesce(max(v.count), 0), 'reviews', jsonb_agg(jsonb_build_object(
                   'candidate', i.candidate_name, 'rating', v.rating, 'recommendation', v.recommendation, 'comment', left(v.comment, 2001),
                   'is_update', v.version > 1, 'average', a.average, 'average_of', a.count, 'answers', q.answers) order by v.updated_at))
        from told v
        left join links.mail_interviews i on i.account_id = v.account_id and i.interview_id = v.interview_id
        cross join lateral (
            select round(avg(w.rating), 1) as average, count(*) as count
            from views.published_reviews w
            where w.account_id = v.account_id and w.interview_id = v.interview_id and w.share_link_id = v.share_link_id and w.rating is not null
        ) a
        cross join lateral (
            with asked as materialized (
                select q.place, q.question_id, q.text from links.mail_questions q
                where q.account_id = v.account_id and q.interview_id = v.interview_id and v.question_ratings <> '[]'
            )
            select coalesce(jsonb_agg(jsonb_build_object('place', k.place, 'question', left(k.text, 201), 'rating', r.value -> 'rating',
                                                         'note', left(r.value ->> 'note', 501)) order by k.place), '[]') as answers
            from jsonb_array_elements(v.question_ratings) r
            join asked k on k.question_id = r.value ->> 'question_id'
        ) q);
end
$$;


CREATE FUNCTION notifications.first_delivery_since(of_account_id text, since timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    select least(sharelink.first_id('dlv_', since - interval '10 minutes'), (
        select min(d.id || '') from notifications.deliveries d
        where d.account_id = of_account_id and d.created_at >= since
          and (d.created_at - d.happened_at > interval '10 minutes' or d.created_at - d.happened_at < interval '-10 minutes')))
$$;


CREATE FUNCTION notifications.first_xid_since(of_account_id text, since timestamp with time zone) RETURNS xid8
    LANGUAGE plpgsql STABLE
    AS $$
declare
    first    xid8;
    is_whole boolean;
begin
    select min(n.xid), count(*) < 500 into first, is_whole
    from (select l.xid from events.log l where l.account_id = of_account_id and l.created_at >= since order by l.created_at, l.id limit 500) n;
    if is_whole then
        return coalesce(first, '18446744073709551615');
    end if;
    return least(first, coalesce((
        select l.xid from events.log l
        where l.account_id = of_account_id and l.created_at < since - interval '10 minutes'
        order by l.created_at desc, l.id desc limit 1), '0'));
end
$$;


CREATE FUNCTION notifications.forget_settled(most integer, OUT gone integer, OUT failed integer) RETURNS record
    LANGUAGE plpgsql
    AS $$
declare
    mark  record;
    state text;
    said  text;
begin
    failed := 0;
    begin
        delete from notifications.settled
        where ctid = any (array(select ctid from notifications.settled where settled_at < now() - interval '8 days'
                               order by settled_at limit most for update skip locked));
        get diagnostics gone = row_count;
        return;
    exception when others then
        state := sqlstate;
        said := sqlerrm;
        gone := 0;
    end;
    for mark in select ctid from notifications.settled where settled_at < now() - interval '8 days'
                order by settled_at limit least(most, 1000) for update skip locked
    loop
        begin
            delete from notifications.settled where ctid = mark.ctid;
            gone := gone + 1;
        exception when others then
            failed := failed + 1;
        end;
    end loop;
    if gone = 0 and failed = 0 then
        raise exception using errcode = state, message = said;
    end if;
end
$$;


CREATE FUNCTION notifications.last_delivery_before(of_account_id text, before timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    select greatest(sharelink.first_id('dlv_', before + interval '10 minutes'), (
        select max(d.id || '') from notifications.deliveries d
        where d.account_id = of_account_id and d.created_at < before
          and (d.created_at - d.happened_at > interval '10 minutes' or d.created_at - d.happened_at < interval '-10 minutes')))
$$;


CREATE FUNCTION notifications.last_eight(at timestamp with time zone, zone text) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE
    AS $$
begin
    return (select max(eight) from (
                select (date_trunc('day', at at time zone zone) - days * interval '1 day' + interval '8 hours') at time zone zone as eight
                from generate_series(0, 1) as days) both_days
            where eight <= at);
exception when invalid_parameter_value then
    return notifications.last_eight(at, 'UTC');
end
$$;


CREATE FUNCTION notifications.last_xid_before(of_account_id text, before timestamp with time zone) RETURNS xid8
    LANGUAGE plpgsql STABLE
    AS $$
declare
    last     xid8;
    is_whole boolean;
begin
    select max(n.xid), count(*) < 500 into last, is_whole
    from (select l.xid from events.log l where l.account_id = of_account_id and l.created_at < before order by l.created_at desc, l.id desc limit 500) n;
    if is_whole then
        return coalesce(last, '0');
    end if;
    return greatest(last, coalesce((
        select l.xid from events.log l
        where l.account_id = of_account_id and l.created_at > before + interval '10 minutes'
        order by l.created_at, l.id limit 1), '18446744073709551615'));
end
$$;


CREATE FUNCTION notifications.let_earlier_go_first() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
declare
    first_ids text[];
begin
    with waiting as materialized (
        select d.id from notifications.deliveries d
        where d.share_link_id = new.share_link_id and d.state = 'pending' and d.channel = 'email' and d.gathers
          and d.recipient = new.recipient and d.kind <> new.kind and d.lease_until is null
          and (new.reviewer_id is null or d.reviewer_id = new.reviewer_id)
          and not (d.kind in ('review', 'completed') and new.kind in ('review', 'completed'))
    ),
    windows as materialized (
        select g.key, g.delivery_id from notifications.gatherings g
        where g.delivery_id in (select id from waiting)
        order by g.key
        for update skip locked
    ),
    carriers as materialized (
        select d.id from notifications.deliveries d
        where d.id in (select delivery_id from windows) and d.state is not distinct from 'pending'
        order by d.id
        for no key update skip locked
    ),
    ended as (
        update notifications.gatherings g set due_at = least(g.due_at, now())
        from windows w, carriers c
        where g.key = w.key and c.id = w.delivery_id
    ),
    hastened as (
        update notifications.deliveries d
        set next_attempt_at = least(d.next_attempt_at, now()), followers = d.followers || new.id
        from carriers c
        where d.id = c.id
        returning d.id
    )
    select array_agg(id) into first_ids from hastened;
    if first_ids is not null and not new.gathers then
        new.attempts := 0;
        new.lease_until := null;
        new.lease_holder := null;
        new.next_attempt_at := now() + interval '1 minute';
    end if;
    return new;
end
$$;


CREATE FUNCTION notifications.let_followers_go() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    update notifications.deliveries d set next_attempt_at = least(d.next_attempt_at, now())
    from (
        select w.id from notifications.deliveries w
        where w.id = any (new.followers) and w.state is not distinct from 'pending' and w.lease_until is null and w.attempts = 0
          and not w.gathers
          and not exists (
              select from notifications.deliveries e
              where e.share_link_id = w.share_link_id and e.state is not distinct from 'pending' and e.followers @> array[w.id]
                and (e.attempts = 0 or e.lease_until is not null))
        order by w.id
        for no key update skip locked
    ) waiting
    where d.id = waiting.id;
    return null;
end
$$;


CREATE FUNCTION notifications.links_to_warn(at timestamp with time zone, hours integer, most integer, waiting_ids text[]) RETURNS SETOF text
    LANGUAGE sql STABLE
    AS $$
    select l.share_link_id
    from links.mail_links l
    where l.deactivated_at is null and l.kind = 'advanced' and l.expires_at > at and l.expires_at <= at + hours * interval '1 hour'
      and not exists (select from notifications.deliveries d
                      where d.event_id = notifications.warning_id(l.share_link_id, l.expires_at) and d.channel = 'email')
      and l.share_link_id not in (select unnest(waiting_ids))
    order by l.expires_at
    limit most
$$;


CREATE FUNCTION notifications.local_time(at timestamp with time zone, zone text) RETURNS text
    LANGUAGE plpgsql STABLE STRICT
    AS $$
begin
    return to_char(at at time zone zone, 'YYYY-MM-DD"T"HH24:MI') || '[' || zone || ']';
exception when invalid_parameter_value then
    return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI') || '[UTC]';
end
$$;


CREATE VIEW links.mail_links AS
 SELECT l.id AS share_link_id,
    l.account_id,
    l.kind,
    l.title,
    l.owner_name,
    l.owner_email,
    l.owner_time_zone,
    l.disable_feedback,
    l.created_at,
    l.expires_at,
    l.deactivated_at,
    l.state_reason,
    links.state_of(l.deactivated_at, l.expires_at) AS state,
    a.locale AS account_locale,
    a.brand_name,
    a.brand_accent,
    a.brand_logo,
    a.console_url
   FROM (links.share_links l
     JOIN links.accounts a ON ((a.id = l.account_id)));


CREATE FUNCTION notifications.mail_details(delivery notifications.deliveries, link links.mail_links) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    AS $$
declare
    details jsonb;
begin
    case delivery.kind
    when 'digest', 'webhook_disabled' then
        select jsonb_build_object('account_locale', a.account_locale, 'brand_name', a.brand_name, 'brand_accent', a.brand_accent,
                                  'brand_logo', a.brand_logo, 'console_url', a.console_url)
        into details
        from links.mail_accounts a where a.account_id = delivery.account_id;
        return coalesce(details, '{}') || case delivery.kind when 'digest' then jsonb_build_object(
            'links', notifications.digest_json(delivery.id),
            'until', notifications.local_time(delivery.happened_at, delivery.event_data ->> 'time_zone')) else '{}' end;
    when 'review', 'completed' then
        details := notifications.feedback_json(
                       delivery.reviewer_id, coalesce(delivery.gathered_items, array[delivery.event_data ->> 'interview_id']))
                   || case delivery.kind when 'completed' then notifications.completion_json(delivery.reviewer_id) else '{}' end;
    when 'guessing' then
        details := jsonb_build_object(
            'paused_until', notifications.local_time((delivery.event_data ->> 'paused_until')::timestamptz, link.owner_time_zone));
    when 'deactivated' then
        details := jsonb_build_object('state_reason', case when delivery.reviewer_id is null then link.state_reason
            else (select p.state_reason from links.mail_reviewers p where p.reviewer_id = delivery.reviewer_id) end);
    else
        details := '{}';
    end case;
    return details || jsonb_build_object(
        'reviewer_state', (select r.state from links.mail_contexts r where r.reviewer_id = delivery.reviewer_id),
        'progress', notifications.progress_json(link));
end
$$;


CREATE FUNCTION notifications.mail_json(delivery notifications.deliveries, link links.mail_links, reviewer_name text, reviewer_email text) RETURNS TABLE(mail jsonb)
    LANGUAGE sql STABLE ROWS 1
    AS $$
    select jsonb_build_object(
               'delivery_id', delivery.id,
               'account_id', delivery.account_id,
               'kind', delivery.kind,
               'recipient', delivery.recipient,
               'attempts', delivery.attempts,
               'uncertain', delivery.uncertain,
               'request_id', delivery.request_id,
               'traceparent', delivery.traceparent,
               'share_link_id', delivery.share_link_id,
               'reviewer_id', delivery.reviewer_id,
               'reviewer_name', reviewer_name,
               'owner_name', link.owner_name,
               'owner_email', link.owner_email,
               'expires_at', notifications.local_time(link.expires_at, link.owner_time_zone),
               'account_locale', link.account_locale)
           || case when delivery.kind = 'invitation' then (
                  select jsonb_build_object(
                      'sealed', encode(m.sealed, 'hex'),
                      'message_subject', m.message_subject,
                      'message_body', m.message_body,
                      'interview_count', m.interview_count,
                      'job_title', m.job_title,
                      'job_count', m.job_count,
                      'recorded_s', m.recorded_s,
                      'locale', m.reviewer_locale,
                      'brand_name', m.brand_name,
                      'brand_accent', m.brand_accent,
                      'brand_logo', m.brand_logo,
                      'again', exists (select from notifications.deliveries e
                                       where e.reviewer_id = delivery.reviewer_id and e.kind = 'invitation' and e.id < delivery.id
                                         and e.state = 'sent' and e.recipient = delivery.recipient))
                  from links.mail_contexts m where m.reviewer_id = delivery.reviewer_id)
              else
                  jsonb_build_object(
                      'data', delivery.event_data,
                      'count', delivery.gathered,
                      'happened_at', notifications.local_time(delivery.happened_at,
                                                              coalesce(link.owner_time_zone, delivery.event_data ->> 'time_zone')),
                      'last_happened_at', notifications.local_time(coalesce(delivery.last_happened_at, delivery.happened_at),
                                                                   link.owner_time_zone),
                      'title', link.title,
                      'link_state', link.state,
                      'brand_name', link.brand_name,
                      'brand_accent', link.brand_accent,
                      'brand_logo', link.brand_logo,
                      'console_url', link.console_url,
                      'reviewer_email', reviewer_email)
                  || notifications.mail_details(delivery, link)
              end
$$;


CREATE FUNCTION notifications.mail_kind(event_type text, data jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN CASE event_type WHEN 'link.invitation_requested'::text THEN 'invitation'::text WHEN 'link.opened'::text THEN 'opened'::text WHEN 'review.submitted'::text THEN 'review'::text WHEN 'review.updated'::text THEN 'review'::text WHEN 'review.completed'::text THEN 'completed'::text WHEN 'link.access_requested'::text THEN 'access_requested'::text WHEN 'link.passcode_failed'::text THEN CASE WHEN ((data ->> 'paused_until'::text) IS NOT NULL) THEN 'guessing'::text ELSE NULL::text END WHEN 'link.deactivated'::text THEN 'deactivated'::text ELSE NULL::text END;


CREATE TABLE notifications.preferences (
    account_id text NOT NULL COLLATE pg_catalog."C",
    address text NOT NULL COLLATE pg_catalog."C",
    opens text DEFAULT 'every'::text NOT NULL,
    reviews text DEFAULT 'every'::text NOT NULL,
    digest text DEFAULT 'off'::text NOT NULL,
    muted_share_link_ids text[] DEFAULT '{}'::text[] NOT NULL COLLATE pg_catalog."C",
    digest_since timestamp with time zone,
    digest_until timestamp with time zone,
    unsubscribed_at timestamp with time zone,
    version integer DEFAULT 1 NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT preferences_digest_check CHECK ((digest = ANY (ARRAY['off'::text, 'daily'::text]))),
    CONSTRAINT preferences_opens_check CHECK ((opens = ANY (ARRAY['every'::text, 'first'::text, 'off'::text]))),
    CONSTRAINT preferences_reviews_check CHECK ((reviews = ANY (ARRAY['every'::text, 'off'::text])))
);


CREATE FUNCTION notifications.mail_reason(kind text, data jsonb, recipient text, knows_reviewer boolean, reviewer_state text, link links.mail_links, wish notifications.preferences) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    select case when kind in ('invitation', 'opened', 'review', 'completed', 'access_requested', 'guessing') and not knows_reviewer then 'reviewer_removed'
                when kind not in ('digest', 'webhook_disabled') and link.share_link_id is null then 'link_deleted'
                when kind = 'deactivated' and coalesce(data ->> 'reason', 'manual') = 'manual' then 'manual'
                when recipient = '' then 'no_address'
                when kind = 'invitation' then case when reviewer_state <> 'active' then 'link_' || reviewer_state end
                when wish.unsubscribed_at is not null then 'unsubscribed'
                when kind = 'digest' then case when wish.account_id is null or (wish.opens = 'off' and wish.reviews = 'off') then 'preference_off' end
                when link.share_link_id = any (wish.muted_share_link_ids) then 'muted'
                when kind = 'opened' and wish.opens = 'off' then 'preference_off'
                when kind = 'opened' and wish.opens = 'first' and not coalesce((data ->> 'first')::boolean, false) then 'first_open_only'
                when kind in ('review', 'completed') and wish.reviews = 'off' then 'preference_off'
                when kind in ('opened', 'review', 'completed') and wish.digest = 'daily' then 'in_digest'
                when kind = 'expiry_warning' and link.state <> 'active' then 'link_' || link.state
                when kind = 'expiry_warning' and link.expires_at is distinct from (data ->> 'expires_at')::timestamptz then 'expiry_changed' end
$$;


CREATE FUNCTION notifications.mail_recipient(kind text, of_share_link_id text, of_reviewer_id text) RETURNS text
    LANGUAGE plpgsql STABLE
    AS $$
begin
    return coalesce(case kind when 'invitation' then (select reviewer_email from links.mail_contexts where reviewer_id = of_reviewer_id)
                              else (select owner_email from links.mail_links where share_link_id = of_share_link_id) end, '');
exception when data_exception or integrity_constraint_violation then
    return '';
end
$$;


CREATE FUNCTION notifications.missing_links(of_account_id text, ids text[], known text[]) RETURNS SETOF integer
    LANGUAGE sql STABLE
    AS $$
    select (i.place - 1)::int
    from unnest(ids) with ordinality as i (id, place)
    where i.id <> '' and i.id <> all (coalesce(known, '{}'))
      and not exists (select from links.webhook_links l where l.share_link_id = i.id and l.account_id = of_account_id)
$$;


CREATE FUNCTION notifications.owner_zone(of_account_id text, of_address text) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    select coalesce((select l.owner_time_zone from links.mail_links l
                     where l.account_id = of_account_id and l.owner_email = of_address
                     order by l.created_at desc, l.share_link_id desc limit 1), 'UTC')
$$;


CREATE FUNCTION notifications.plan_digest(at timestamp with time zone, of_account_id text, of_address text, most integer, OUT digests integer, OUT is_more boolean) RETURNS record
    LANGUAGE plpgsql
    AS $$
declare
    wish      notifications.preferences;
    zone      constant text := notifications.owner_zone(of_account_id, of_address);
    until     timestamptz;
    begun_id  text;
    new_id    constant text := sharelink.new_id('dlv_');
    marked    int;
    its_recipient text;
begin
    digests := 0;
    is_more := false;
    select * into wish from notifications.preferences p
    where p.account_id = of_account_id and p.address = of_address and p.digest_until is not null and p.unsubscribed_at is null
    for no key update;
    if not found then
        return;
    end if;
    select d.id, d.happened_at into begun_id, until from notifications.deliveries d
    where d.channel = 'email' and d.state = 'pending' and d.next_attempt_at is null and d.kind = 'digest'
      and d.account_id = of_account_id and d.recipient = of_address;
    if begun_id is null then
        until := case wish.digest when 'daily' then notifications.last_eight(at, zone) else at end;
        if wish.digest_until >= until then
            return;
        end if;
    end if;
    with next as materialized (
        select d.id from notifications.deliveries d
        where d.account_id = of_account_id and d.recipient = of_address
          and d.reason = 'in_digest' and d.gathered_into is null
          and d.happened_at >= wish.digest_since and d.happened_at < until
        order by d.happened_at
        limit most
    ),
    untold as materialized (
        select d.id from next n
        join notifications.deliveries d on d.id = n.id
        order by d.id
        for no key update of d
    ),
    told as (
        update notifications.deliveries d set gathered_into = coalesce(begun_id, new_id)
        from untold u
        where d.id = u.id
        returning d.recipient
    )
    select count(*), max(recipient) into marked, its_recipient from told;
    is_more := marked = most;
    if begun_id is not null then
        update notifications.deliveries d
        set gathered = d.gathered + marked, next_attempt_at = case when not is_more then now() end
        where d.id = begun_id;
    elsif marked > 0 then
        insert into notifications.deliveries (id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at,
                                              state, next_attempt_at, gathered)
        values (new_id, 'digest:' || of_account_id || ':' || trim_scale(extract(epoch from until)), 'digest.daily', of_account_id,
                'email', 'digest', its_recipient, jsonb_build_object('time_zone', zone), until, 'pending', case when not is_more then now() end, marked);
    end if;
    if not is_more then
        digests := (begun_id is not null or marked > 0)::int;
        update notifications.preferences p
        set digest_since = case when wish.digest = 'daily' or begun_id is not null then p.digest_since end,
            digest_until = case when wish.digest = 'daily' or begun_id is not null then until end
        where p.account_id = of_account_id and p.address = of_address;
    end if;
end
$$;


CREATE FUNCTION notifications.plan_digests(at timestamp with time zone, most integer, OUT seen integer, OUT digests integer) RETURNS record
    LANGUAGE sql
    AS $$
    select count(*)::int, coalesce(sum(d.digests), 0)::int
    from notifications.due_digests(at, most, '{}') p
    cross join lateral notifications.plan_digest(at, p.account_id, p.address, 100000) d
$$;


CREATE FUNCTION notifications.plan_expiry_warnings(at timestamp with time zone, hours integer) RETURNS integer
    LANGUAGE sql
    AS $$
    select notifications.warn_of_expiry(at, array(select notifications.links_to_warn(at, hours, 500, '{}')))
$$;


CREATE FUNCTION notifications.preferences_json(email text, preferences notifications.preferences) RETURNS json
    LANGUAGE sql STABLE
    AS $$
    select json_build_object(
        'email', email,
        'opens', coalesce(preferences.opens, 'every'),
        'reviews', coalesce(preferences.reviews, 'every'),
        'digest', coalesce(preferences.digest, 'off'),
        'muted_share_link_ids', (
            select coalesce(json_agg(m.id order by m.place), '[]')
            from unnest(preferences.muted_share_link_ids) with ordinality as m (id, place)
            where exists (select from links.mail_links l where l.share_link_id = m.id and l.account_id = preferences.account_id)),
        'version', coalesce(preferences.version, 0),
        'updated_at', sharelink.rfc3339(preferences.updated_at))
$$;


CREATE FUNCTION notifications.preferences_now(of_account_id text, of_address text) RETURNS SETOF notifications.preferences
    LANGUAGE sql ROWS 1
    AS $$
    select * from notifications.preferences where account_id = of_account_id and address = of_address
$$;


CREATE FUNCTION notifications.progress_json(link links.mail_links) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    AS $$
begin
    if link.kind <> 'advanced' then
        return null;
    end if;
    return (
        with people as materialized (
            select p.name, p.position, a.open_count is not null as has_opened, a.done_at is not null as is_done,
                   coalesce(a.reviewed_count, 0) as reviewed, row_number() over (order by a.done_at is not null, p.position) as place
            from links.mail_reviewers p
            left join views.reviewer_activity a on a.reviewer_id = p.reviewer_id
            where p.share_link_id = link.share_link_id and p.deactivated_at is null
        )
        select jsonb_build_object(
            'has_feedback', not link.disable_feedback,
            'interview_count', coalesce((select p.interview_count from links.mail_reviewers p where p.share_link_id = link.share_link_id limit 1), 0),
            'count', count(*), 'opened', count(*) filter (where has_opened), 'done', count(*) filter (where is_done),
            'people', coalesce(jsonb_agg(jsonb_build_object('name', name, 'has_opened', has_opened, 'is_done', is_done, 'reviewed', reviewed)
                                         order by position) filter (where place <= 30), '[]'))
        from people);
end
$$;


CREATE FUNCTION notifications.replace_carrier() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    update notifications.deliveries d
    set state = case when d.id = old.delivery_id then 'skipped' else d.state end,
        reason = case when d.id = old.delivery_id then 'gathered' else d.reason end,
        gathers = d.gathers and d.id <> old.delivery_id,
        gathered_into = new.delivery_id
    from (
        select w.id from notifications.deliveries w
        where (w.id = old.delivery_id and w.state = 'pending') or w.gathered_into = old.delivery_id
        order by w.id
        for update skip locked
    ) waiting
    where d.id = waiting.id;
    return null;
end
$$;


CREATE FUNCTION notifications.tell_webhook_disabled(of_account_id text, endpoint_id text, endpoint_host text, cause text) RETURNS text
    LANGUAGE sql
    AS $$
    insert into notifications.deliveries (id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at, state,
                                          reason, next_attempt_at)
    select sharelink.new_id('dlv_'), 'webhook_disabled:' || endpoint_id || ':' || extract(epoch from now())::numeric(20, 6),
           'webhook.disabled', of_account_id, 'email', 'webhook_disabled', r.recipient,
           jsonb_build_object('endpoint_id', endpoint_id, 'host', endpoint_host, 'cause', cause, 'owner_name', l.owner_name,
                              'time_zone', coalesce(l.owner_time_zone, 'UTC')),
           now(), case when j.reason is null then 'pending' else 'skipped' end, j.reason, case when j.reason is null then now() end
    from (select 1) one
    left join lateral (
        select * from links.mail_links m where m.account_id = of_account_id and m.owner_email is not null
        order by m.created_at desc, m.share_link_id desc limit 1
    ) l on true
    cross join lateral (select coalesce(l.owner_email, '') as recipient) r
    left join notifications.preferences p on p.account_id = of_account_id and p.address = r.recipient
    cross join lateral (select notifications.mail_reason('webhook_disabled', null, r.recipient, true, null, null, p) as reason) j
    returning id
$$;


CREATE FUNCTION notifications.tries_of(delivery notifications.deliveries) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    select case when delivery.state = 'sent' and delivery.sent_at is not null
                then notifications.and_try(delivery.tries, delivery.sent_at, 'sent', null)
                else coalesce(delivery.tries, '[]') end
$$;


CREATE FUNCTION notifications.wants(endpoint notifications.webhook_endpoints, event_type text, of_share_link_id text, of_external_id text) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    select (endpoint.events is null or event_type = any (endpoint.events))
       and ((endpoint.share_link_ids is null and endpoint.external_ids is null)
            or of_share_link_id = any (endpoint.share_link_ids) or of_external_id = any (endpoint.external_ids))
$$;


CREATE FUNCTION notifications.warn_of_expiry(at timestamp with time zone, share_link_ids text[]) RETURNS integer
    LANGUAGE sql
    AS $$
    with soon as (
        select l, notifications.warning_id(l.share_link_id, l.expires_at) as event_id,
               jsonb_build_object('share_link_id', l.share_link_id, 'expires_at', l.expires_at) as data
        from unnest(share_link_ids) as i (id)
        join links.mail_links l on l.share_link_id = i.id
        where l.deactivated_at is null and l.expires_at > at
    ),
    planned as (
        select s.*, notifications.mail_reason('expiry_warning', s.data, coalesce((s.l).owner_email, ''), true, null, s.l, p) as reason
        from soon s
        left join notifications.preferences p
            on p.account_id = (s.l).account_id and p.address = (s.l).owner_email
        where not exists (select from notifications.deliveries d where d.event_id = s.event_id and d.channel = 'email')
    ),
    stored as (
        insert into notifications.deliveries (id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at,
                                              share_link_id, state, reason, next_attempt_at)
        select sharelink.new_id('dlv_'), event_id, 'link.expires_soon', (l).account_id, 'email', 'expiry_warning',
               coalesce((l).owner_email, ''), data, at, (l).share_link_id, case when reason is null then 'pending' else 'skipped' end, reason,
               case when reason is null then now() end
        from planned
        on conflict do nothing
        returning 1
    )
    select count(*)::int from stored
$$;


CREATE FUNCTION notifications.warning_id(share_link_id text, expires_at timestamp with time zone) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN ((('expires_soon:'::text || share_link_id) || ':'::text) || (EXTRACT(epoch FROM expires_at))::numeric(20,6));


CREATE FUNCTION notifications.webhook_endpoint_json(endpoint notifications.webhook_endpoints) RETURNS json
    LANGUAGE sql STABLE
    AS $$
    select json_build_object(
        'id', endpoint.id,
        'url', endpoint.url,
        'events', case when endpoint.events is null then to_json('all'::text) else to_json(endpoint.events) end,
        'share_link_ids', endpoint.share_link_ids,
        'external_ids', endpoint.external_ids,
        'description', endpoint.description,
        'state', endpoint.state,
        'state_reason', endpoint.state_reason,
        'failing_since', sharelink.rfc3339(endpoint.failing_since),
        'previous_secret_until', (select sharelink.rfc3339(max(p.until)) from unnest(endpoint.previous_untils) as p (until) where p.until > now()),
        'live_secrets', 1 + (select count(*) from unnest(endpoint.previous_untils) as p (until) where p.until > now()),
        'version', endpoint.version,
        'created_at', sharelink.rfc3339(endpoint.created_at),
        'updated_at', sharelink.rfc3339(endpoint.updated_at))
$$;


CREATE FUNCTION sharelink.after(many bigint) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
begin
    return true;
end
$$;


CREATE FUNCTION sharelink.first_id(prefix text, at timestamp with time zone) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT
    AS $$
declare
    digits constant text := '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    ms constant bigint := least(greatest(floor(extract(epoch from at) * 1000), 0), 281474976710655);
    id text := prefix;
begin
    for i in reverse 9..0 loop
        id := id || substr(digits, 1 + (ms >> 5 * i & 31)::int, 1);
    end loop;
    return id;
end
$$;


CREATE TABLE sharelink.idempotent_answers (
    id bytea NOT NULL,
    service name DEFAULT CURRENT_USER NOT NULL,
    box bytea NOT NULL,
    about text,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE ONLY sharelink.idempotent_answers ALTER COLUMN box SET STORAGE EXTERNAL;


CREATE TABLE sharelink.idempotent_usage (
    service name DEFAULT CURRENT_USER NOT NULL,
    account_id text NOT NULL COLLATE pg_catalog."C",
    hour timestamp with time zone DEFAULT date_trunc('hour'::text, now()) NOT NULL,
    bytes bigint NOT NULL
)
WITH (fillfactor='50');


CREATE FUNCTION sharelink.forget_idempotent_answers(most integer) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    BEGIN ATOMIC
 WITH gone AS (
          DELETE FROM sharelink.idempotent_answers a
           WHERE (a.id IN ( SELECT o.id
                    FROM sharelink.idempotent_answers o
                   WHERE (o.created_at <= (now() - '24:00:00'::interval))
                   ORDER BY o.created_at
                  LIMIT forget_idempotent_answers.most
                  FOR UPDATE OF o SKIP LOCKED))
           RETURNING 1 AS "?column?"
         ), past AS (
          DELETE FROM sharelink.idempotent_usage u
           WHERE (u.ctid = ANY (ARRAY( SELECT o.ctid
                    FROM sharelink.idempotent_usage o
                   WHERE (o.hour <= (now() - '25:00:00'::interval))
                   ORDER BY o.hour
                  LIMIT forget_idempotent_answers.most
                  FOR UPDATE OF o SKIP LOCKED)))
         )
  SELECT (count(*))::integer AS count
    FROM gone;
END;


CREATE FUNCTION sharelink.has_schema(of_digest text, of_version text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
    select exists (
        select from public.sharelink_schema s
        where s.kind = 'schema'
          and (s.name = of_digest
               or string_to_array(substring(s.version from '^[0-9.]+'), '.')::int[]
                  > string_to_array(substring(of_version from '^[0-9.]+'), '.')::int[]))
$$;


CREATE FUNCTION sharelink.idempotent_answer_now(of_id bytea, is_locked boolean) RETURNS SETOF bytea
    LANGUAGE sql ROWS 1
    AS $$
    select box from sharelink.idempotent_answers
    where is_locked and id = of_id and created_at > now() - interval '24 hours'
$$;


CREATE FUNCTION sharelink.is_other(tag text, tags text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN (tag <> ALL (string_to_array(tags, ','::text)));


CREATE FUNCTION sharelink.new_id(prefix text) RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
    digits constant text := '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    made constant text := encode(uuid_send(gen_random_uuid()), 'hex');
    ms constant bigint := floor(extract(epoch from clock_timestamp()) * 1000);
    high constant bigint := ('x7' || substr(made, 14, 9))::bit(40)::bigint;
    low constant bigint := ('x' || substr(made, 23, 10))::bit(40)::bigint;
    id text := prefix;
begin
    for i in reverse 9..0 loop
        id := id || substr(digits, 1 + (ms >> 5 * i & 31)::int, 1);
    end loop;
    for i in reverse 7..0 loop
        id := id || substr(digits, 1 + (high >> 5 * i & 31)::int, 1);
    end loop;
    for i in reverse 7..0 loop
        id := id || substr(digits, 1 + (low >> 5 * i & 31)::int, 1);
    end loop;
    return id;
end
$$;


CREATE FUNCTION sharelink.note_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    new.updated_at := greatest(clock_timestamp(), old.updated_at + interval '1 microsecond');
    return new;
end
$$;


CREATE FUNCTION sharelink.number_of_key(id bytea) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    RETURN (SELECT bit_or(((get_byte(number_of_key.id, i.i))::bigint << (8 * i.i))) AS bit_or FROM generate_series(0, 7) i(i));


CREATE FUNCTION sharelink.punycode_decoded(label text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT
    AS $$
declare
    encoded constant text := substr(label, 5);
    basic constant int := length(encoded) - coalesce(nullif(position('-' in reverse(encoded)), 0), length(encoded) + 1);
    code int := 128;
    bias int := 72;
    i int := 0;
    at int := greatest(basic + 2, 1);
    decoded text := left(encoded, greatest(basic, 0));
    before int;
    weight int;
    threshold int;
    digit int;
    delta int;
begin
    if label not like 'xn--%' then
        return label;
    end if;
    while at <= length(encoded) loop
        before := i;
        weight := 1;
        for k in 1..10 loop
            digit := position(substr(encoded, at, 1) in 'abcdefghijklmnopqrstuvwxyz0123456789') - 1;
            at := at + 1;
            i := i + digit * weight;
            threshold := greatest(1, least(26, 36 * k - bias));
            exit when digit < threshold;
            weight := weight * (36 - threshold);
        end loop;
        delta := (i - before) / case when before = 0 then 700 else 2 end;
        delta := delta + delta / (length(decoded) + 1);
        bias := 0;
        while delta > 455 loop
            delta := delta / 35;
            bias := bias + 36;
        end loop;
        bias := bias + 36 * delta / (delta + 38);
        code := code + i / (length(decoded) + 1);
        i := i % (length(decoded) + 1);
        decoded := left(decoded, i) || chr(code) || substr(decoded, i + 1);
        i := i + 1;
    end loop;
    return decoded;
exception when others then -- names of hosts are not checked for being right
    return label;
end
$$;


CREATE FUNCTION sharelink.rfc3339(at timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    RETURN to_char((at AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'::text);


CREATE FUNCTION sharelink.search_patterns(search text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
declare
    patterns constant text[] := array(
        select '%' || regexp_replace(word, '([\\%_])', '\\\1', 'g') || '%'
        from (select distinct word from regexp_split_to_table(sharelink.folded(search), '\s+') word where word <> '') words
        order by length(word) desc, word);
begin
    return case patterns when '{}' then '{%}' else patterns end;
end
$$;


CREATE FUNCTION views.as_lines(joined text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT
    AS $$
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


CREATE FUNCTION views.brand_json(name text, accent text, logo text) RETURNS json
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN (COALESCE(name, accent, logo) IS NOT NULL) THEN json_build_object('name', name, 'accent', accent, 'logo_url', ('/logos/'::text || logo)) ELSE NULL::json END;


CREATE FUNCTION views.continue_visit(of_session_hash bytea, of_reviewer_id text, epoch integer) RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
    found_id text;
begin
    update views.visits v set last_seen_at = now()
    where v.session_hash = of_session_hash and views.is_good_for(v, of_reviewer_id, epoch) and v.last_seen_at > now() - interval '30 minutes'
    returning v.id into found_id;
    return found_id;
end
$$;


CREATE FUNCTION views.door(state text, visit_id text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN (state <> 'active'::text) THEN state WHEN (visit_id IS NULL) THEN 'no_session'::text ELSE 'open'::text END;


CREATE FUNCTION views.erase_feedback(of_account_id text, of_interview_id text) RETURNS TABLE(reviews integer, review_revisions integer, watch_records integer, transcripts integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


CREATE FUNCTION views.erase_notes(of_reviewer_ids text[], candidate_name text, emptied_share_link_ids text[], OUT many integer, OUT share_link_ids text[]) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


CREATE FUNCTION views.feedback_json(review views.reviews, question_ratings jsonb) RETURNS json
    LANGUAGE sql STABLE
    AS $$
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


CREATE FUNCTION views.file_extension(file_name text) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN COALESCE(lower("substring"(file_name, '\.([A-Za-z0-9]{1,8})$'::text)), 'pdf'::text);


CREATE FUNCTION views.folded_in_place(lines text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT
    AS $$
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


CREATE FUNCTION views.folds() RETURNS text
    LANGUAGE sql STABLE
    AS $$
    select string_agg(c.letter || c.folded, E'\n' order by c.number)
    from (
        select n.number, chr(n.number) as letter, replace(sharelink.folded(chr(n.number)), ' ', '') as folded
        from (select generate_series(x'80'::int, x'6FF'::int) union all select generate_series(x'2000'::int, x'20CF'::int)) n (number)
    ) c
    where c.folded <> c.letter
$$;


CREATE FUNCTION views.follow_interviews() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


CREATE FUNCTION views.follow_links() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
    if tg_op = 'INSERT' then
        insert into views.link_activity (share_link_id, account_id) values (new.id, new.account_id) on conflict do nothing;
    else
        delete from views.link_activity where share_link_id = old.id;
    end if;
    return null;
end
$$;


CREATE FUNCTION views.forget_guesses(most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
    forgotten int;
begin
    delete from views.guesses
    where ctid = any (array(
        select g.ctid from views.guesses g
        where g.since < now() - interval '2 days' and g.opens_since < now() - interval '1 hour'
          and (g.paused_until is null or g.paused_until < now() - interval '1 day')
        order by g.since limit most for update skip locked));
    get diagnostics forgotten = row_count;
    return forgotten;
end
$$;


CREATE FUNCTION views.forget_revisions(of_review_id text, of_version integer, size integer, most integer, kb_most integer) RETURNS integer
    LANGUAGE plpgsql
    AS $$
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


CREATE FUNCTION views.own_lines(answer jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN (jsonb_typeof((answer -> 'transcript'::text)) = 'array'::text) THEN NULLIF((answer -> 'transcript'::text), '[]'::jsonb) ELSE NULL::jsonb END;


CREATE FUNCTION views.has_captions(answer jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    RETURN (((answer ->> 'captions_url'::text) IS NOT NULL) OR (views.own_lines(answer) IS NOT NULL));


CREATE FUNCTION views.hold_notes(of_account_id text, candidate_name text, of_share_link_ids text[]) RETURNS text[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


CREATE TABLE views.visits (
    id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    share_link_id text NOT NULL COLLATE pg_catalog."C",
    reviewer_id text NOT NULL COLLATE pg_catalog."C",
    opened_at timestamp with time zone DEFAULT now() NOT NULL,
    is_first boolean NOT NULL,
    network text NOT NULL,
    device text NOT NULL,
    session_hash bytea NOT NULL,
    passcode_epoch integer NOT NULL,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL
)
WITH (fillfactor='90');


CREATE FUNCTION views.is_good_for(visit views.visits, of_reviewer_id text, epoch integer) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    select visit.reviewer_id = of_reviewer_id and visit.passcode_epoch = epoch and visit.opened_at > now() - interval '12 hours'
$$;


CREATE FUNCTION views.lines_searched(lines jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    AS $$
begin
    return (select coalesce(sharelink.folded(string_agg(l.value ->> 'text', E'\n' order by l.place)), '')
            from jsonb_array_elements(lines) with ordinality as l (value, place));
end
$$;


CREATE FUNCTION views.local_time(at timestamp with time zone, zone text) RETURNS text
    LANGUAGE plpgsql STABLE STRICT
    AS $$
begin
    return to_char(at at time zone zone, 'YYYY-MM-DD"T"HH24:MI') || '[' || zone || ']';
exception when invalid_parameter_value then
    return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI') || '[UTC]';
end
$$;


CREATE FUNCTION views.lock_budgets(tries views.try[]) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
    key record;
begin
    for key in
        select t.reviewer_id, b.budget collate "C" as budget, max(t.passcode_epoch) as epoch
        from unnest(tries) t
        cross join lateral unnest(case when t.outcome = 'open' then array[t.network] when t.is_known then array[t.budget]
                                       else array['', t.budget] end) as b (budget)
        where t.outcome = 'wrong_passcode' or t.outcome = 'open' and t.is_counted
        group by 1, 2 order by 1, 2
    loop
        perform views.lock_guesses(key.reviewer_id, key.epoch, key.budget);
    end loop;
end
$$;


CREATE FUNCTION views.lock_guesses(of_reviewer_id text, epoch integer, of_budget text) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
    insert into views.guesses as g (reviewer_id, budget, passcode_epoch) values (of_reviewer_id, of_budget, epoch)
    on conflict on constraint guesses_pkey do update set tries = g.tries;
    update views.guesses g set tries = 0, since = now(), pauses = 0, paused_until = null, passcode_epoch = epoch
    where g.reviewer_id = of_reviewer_id and g.budget = of_budget and g.passcode_epoch <> epoch;
end
$$;


CREATE FUNCTION views.media_ref(salt bytea, place integer, slot text) RETURNS text
    LANGUAGE sql STABLE
    RETURN ((place || '-'::text) || "left"(encode(sha256((salt || convert_to(((place || ' '::text) || slot), 'UTF8'::name))), 'hex'::text), 32));


CREATE FUNCTION views.names_candidate(value text, candidate_name text) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE
    AS $_$
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
$_$;


CREATE FUNCTION views.note_basic_opens(tries views.try[], opens_max integer) RETURNS views.try[]
    LANGUAGE plpgsql
    AS $$
declare
    try   views.try;
    count views.guesses;
begin
    for try in select t.* from unnest(tries) t where t.outcome = 'open' and t.is_counted order by t.place loop
        update views.guesses g
        set opens = case when g.opens_since <= now() - interval '1 hour' then 1 else g.opens + 1 end,
            opens_since = case when g.opens_since <= now() - interval '1 hour' then now() else g.opens_since end
        where g.reviewer_id = try.reviewer_id and g.budget = try.network
          and (g.opens < opens_max or g.opens_since <= now() - interval '1 hour');
        if not found then
            select * into count from views.guesses g where g.reviewer_id = try.reviewer_id and g.budget = try.network;
            tries[try.place].outcome := 'too_many_opens';
            tries[try.place].paused_until := count.opens_since + interval '1 hour';
        end if;
    end loop;
    return tries;
end
$$;


CREATE FUNCTION views.note_guess(of_reviewer_id text, of_budget text, is_known boolean, most_here integer, most integer, window_s integer, pause_here_s integer, pause_s integer, pause_most_s integer) RETURNS TABLE(is_judged boolean, tries integer, begins_pause boolean, paused_until timestamp with time zone)
    LANGUAGE plpgsql
    AS $$
declare
    everywhere views.guesses;
    here       views.guesses;
begin
    select * into here from views.guesses g where g.reviewer_id = of_reviewer_id and g.budget = of_budget;
    if not is_known then
        select * into everywhere from views.guesses g where g.reviewer_id = of_reviewer_id and g.budget = '';
    end if;
    is_judged := not coalesce(everywhere.paused_until > now(), false) and not coalesce(here.paused_until > now(), false);
    begins_pause := false;
    if is_judged then
        here := views.with_guess(here, most_here, window_s, pause_here_s, pause_most_s);
        if not is_known then
            everywhere := views.with_guess(everywhere, most, window_s, pause_s, pause_most_s);
            begins_pause := everywhere.tries >= most;
        end if;
        update views.guesses g
        set tries = n.tries, since = n.since, pauses = n.pauses, paused_until = n.paused_until
        from (select (everywhere).* union all select (here).*) n
        where g.reviewer_id = n.reviewer_id and g.budget = n.budget;
    end if;
    tries := coalesce(everywhere.tries, here.tries);
    paused_until := greatest(everywhere.paused_until, here.paused_until);
    return next;
end
$$;


CREATE FUNCTION views.note_guesses(tries views.try[], tries_per_network integer, tries_per_link integer, window_s integer, pause_s integer, link_pause_s integer, pause_most_s integer) RETURNS views.try[]
    LANGUAGE plpgsql
    AS $$
declare
    try   views.try;
    guess record;
    at    int;
    until timestamptz;
begin
    for try in select t.* from unnest(tries) t where t.outcome = 'wrong_passcode' order by t.place loop
        select g.* into guess
        from views.note_guess(try.reviewer_id, try.budget, try.is_known, tries_per_network, tries_per_link, window_s, pause_s,
                              link_pause_s, pause_most_s) g;
        try.outcome := case when guess.is_judged then 'wrong_passcode' else 'paused' end;
        try.paused_until := guess.paused_until;
        try.wrong_tries := guess.tries;
        try.begins_pause := guess.begins_pause;
        tries[try.place] := try;
    end loop;
    for at, until in
        select t.place, max(w.paused_until)
        from unnest(tries) t
        join unnest(tries) w on w.reviewer_id = t.reviewer_id and w.place < t.place and (w.budget = t.budget or w.begins_pause and not t.is_known)
        where t.outcome = 'open' and w.wrong_tries is not null
        group by t.place
        having max(w.paused_until) > now()
    loop
        tries[at].outcome := 'paused';
        tries[at].paused_until := until;
    end loop;
    return tries;
end
$$;


CREATE FUNCTION views.open_links(tries views.try[], tries_per_network integer, tries_per_link integer, window_s integer, pause_s integer, link_pause_s integer, pause_most_s integer, usual_opens integer, usual_networks integer, basic_opens_max integer) RETURNS TABLE(place integer, outcome text, visit_id text, reviewer_name text, is_first boolean, same_visit boolean, event_type text, event text, paused_until timestamp with time zone)
    LANGUAGE plpgsql
    AS $$
declare
    try      views.try;
    counted  views.activity[]; -- of those with new visits
    unusual  views.activity[]; -- of those whose links are to be switched off instead
    who      views.activity;
    switched text[];           -- …and were not off already
begin
    if exists (select from unnest(tries) t where t.outcome = 'wrong_passcode' or t.outcome = 'open' and t.is_counted) then
        perform views.lock_budgets(tries);
        tries := views.note_guesses(tries, tries_per_network, tries_per_link, window_s, pause_s, link_pause_s, pause_most_s);
        tries := views.note_basic_opens(tries, basic_opens_max);
    end if;

    for try in select t.* from unnest(tries) t where t.outcome = 'open' and t.cookie_hash is not null order by t.cookie_hash loop
        tries[try.place].same_visit_id := views.continue_visit(try.cookie_hash, try.reviewer_id, try.passcode_epoch);
    end loop;

    with fresh as materialized (
        select t.reviewer_id, t.share_link_id, t.account_id, t.passcode_epoch, count(*) as many,
               -- Behind a basic link are many people.
               case when t.kind = 'basic' then 0 else count(*) end as usage,
               case when t.kind = 'basic' then '{}' else jsonb_object_agg(t.network, extract(epoch from now())::bigint) end as networks
        from unnest(tries) t
        where t.outcome = 'open' and t.same_visit_id is null
        group by t.reviewer_id, t.share_link_id, t.account_id, t.passcode_epoch, t.kind
    ),
    stored as (
        insert into views.activity as a (reviewer_id, share_link_id, account_id, open_count, usage_epoch, hour_opens, networks, network_count)
        select f.reviewer_id, f.share_link_id, f.account_id,
               case when f.usage > usual_opens or n.network_count > usual_networks then 0 else f.many end,
               f.passcode_epoch, f.usage, f.networks, n.network_count
        from fresh f
        cross join lateral (select count(*)::int as network_count from jsonb_object_keys(f.networks)) n
        order by f.reviewer_id
        on conflict (reviewer_id) do update
            set (last_opened_at, open_count, usage_epoch, hour_since, hour_opens, networks, network_count)
                = (select case when x.is_unusual then a.last_opened_at else excluded.last_opened_at end,
                          case when x.is_unusual then a.open_count else a.open_count + excluded.open_count end,
                          excluded.usage_epoch, u.hour_since, u.hour_opens, u.networks, u.network_count
                   from views.usage_after(a, excluded.usage_epoch, excluded.hour_opens, excluded.networks) u
                   cross join lateral (select u.hour_opens > usual_opens or u.network_count > usual_networks) x (is_unusual))
        returning a as activity, a.hour_opens > usual_opens or a.network_count > usual_networks as is_unusual
    )
    select array_agg(s.activity) filter (where not s.is_unusual),
           array_agg(s.activity order by (s.activity).share_link_id, (s.activity).reviewer_id) filter (where s.is_unusual)
    into counted, unusual
    from stored s;

    foreach who in array coalesce(unusual, '{}') loop
        if links.switch_off_reviewer(who.reviewer_id, jsonb_build_object('code', 'unusual_activity', 'at', sharelink.rfc3339(now()),
                                         'evidence', views.unusual_evidence(who, usual_opens, usual_networks))) then
            switched := switched || who.reviewer_id;
        end if;
    end loop;

    insert into views.link_activity as l (share_link_id, account_id, last_opened_at)
    select distinct c.share_link_id, c.account_id, now() from unnest(counted) c
    order by c.share_link_id
    on conflict (share_link_id) do update set last_opened_at = greatest(l.last_opened_at, excluded.last_opened_at);

    return query
    with fresh as materialized (
        select t.*, row_number() over of_reviewer as nth, count(*) over of_reviewer as many
        from unnest(tries) t
        where t.outcome = 'open' and t.same_visit_id is null
        window of_reviewer as (partition by t.reviewer_id order by t.place rows between unbounded preceding and unbounded following)
    ),
    visited as (
        insert into views.visits as v (id, account_id, share_link_id, reviewer_id, is_first, network, device, session_hash, passcode_epoch)
        select f.visit_id, f.account_id, f.share_link_id, f.reviewer_id, c.open_count - f.many + f.nth = 1, f.network, f.device,
               f.session_hash, f.passcode_epoch
        from fresh f
        join unnest(counted) c on c.reviewer_id = f.reviewer_id
        returning v.id, v.is_first
    ),
    happened as (
        select f.event_id, 'link.opened' as type, f.reviewer_id, jsonb_build_object('visit_id', f.visit_id, 'first', v.is_first) as more,
               f.request_id, f.traceparent
        from fresh f
        join visited v on v.id = f.visit_id
        union all
        select t.event_id, 'link.passcode_failed', t.reviewer_id,
               jsonb_strip_nulls(jsonb_build_object(
                   'tries', t.wrong_tries, 'paused_until', case when t.begins_pause then sharelink.rfc3339(t.paused_until) end)),
               t.request_id, t.traceparent
        from unnest(tries) t
        where t.outcome = 'wrong_passcode'
        union all
        select f.event_id, 'link.deactivated', f.reviewer_id, jsonb_build_object('reason', 'unusual_activity'), f.request_id, f.traceparent
        from fresh f
        where f.nth = 1 and f.reviewer_id = any (switched)
    ),
    logged as (
        select e.*
        from (select array_agg(h.event_id) as ids, array_agg(h.type) as types, array_agg(h.reviewer_id) as reviewer_ids,
                     array_agg(h.more) as details, array_agg(h.request_id) as request_ids, array_agg(h.traceparent) as traceparents
              from happened h having count(*) > 0) h
        cross join lateral events.add_of_reviewers(h.ids, h.types, h.reviewer_ids, h.details, h.request_ids, h.traceparents) e
    )
    select t.place,
           case when f.place is not null and v.id is null then 'deactivated' else t.outcome end,
           coalesce(t.same_visit_id, v.id), t.reviewer_name, coalesce(v.is_first, false), t.same_visit_id is not null,
           l.type, l.cloud_event, t.paused_until
    from unnest(tries) t
    left join fresh f on f.place = t.place
    left join visited v on v.id = t.visit_id
    left join logged l on l.id = t.event_id;
end
$$;


CREATE FUNCTION views.progress_of(questions jsonb, seen jsonb, ratings jsonb) RETURNS TABLE(question_count integer, duration_seconds numeric, watched json, answer_ratings json)
    LANGUAGE sql STABLE
    AS $$
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


CREATE FUNCTION views.question_ratings(all_ratings jsonb, questions jsonb) RETURNS TABLE(rating jsonb, place bigint, is_shown boolean)
    LANGUAGE sql STABLE
    AS $$
    select r.value, r.place,
           exists (select from jsonb_array_elements(questions) as q (value) where q.value -> 'id' = r.value -> 'question_id')
    from jsonb_array_elements(all_ratings) with ordinality as r (value, place)
$$;


CREATE FUNCTION views.review_now(of_reviewer_id text, of_interview_id text) RETURNS SETOF views.reviews
    LANGUAGE plpgsql ROWS 1
    AS $$
begin
    return query select * from views.reviews where reviewer_id = of_reviewer_id and interview_id = of_interview_id;
end
$$;


CREATE FUNCTION views.searched_texts(display_name text, job jsonb, questions jsonb, transcripts jsonb, profile jsonb, resume_name text, questionnaire jsonb) RETURNS TABLE(rank integer, number bigint, line bigint, question_id text, start numeric, value text)
    LANGUAGE sql STABLE
    AS $_$
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
$_$;


CREATE FUNCTION views.shown_questions(document jsonb, hides_skipped boolean) RETURNS TABLE(question jsonb, place bigint)
    LANGUAGE sql STABLE
    AS $$
    select q.value, q.place
    from jsonb_array_elements(case when jsonb_typeof(document -> 'questions') = 'array' then document -> 'questions' else '[]' end)
         with ordinality as q (value, place)
    where not (hides_skipped and coalesce((q.value ->> 'skipped')::boolean, false))
$$;


CREATE FUNCTION views.store_logo(of_fetch_id bigint, holder text, of_version integer, new_digest text, new_type text, new_bytes bytea) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


CREATE FUNCTION views.store_transcript(of_fetch_id bigint, holder text, of_version integer, new_lines jsonb, kb_max integer, content_max bigint) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


CREATE FUNCTION views.take_access_request(of_reviewer_id text, mails_max integer, OUT is_taken boolean, OUT retry_s integer) RETURNS record
    LANGUAGE plpgsql
    AS $$
begin
    insert into views.access_requests as a (reviewer_id, account_id, share_link_id, passcode_epoch)
    select d.reviewer_id, d.account_id, d.share_link_id, d.passcode_epoch from links.doors d where d.reviewer_id = of_reviewer_id
    on conflict (reviewer_id) do update set requested_at = now(), passcode_epoch = excluded.passcode_epoch
        where a.requested_at <= now() - interval '1 hour';
    is_taken := found;
    if is_taken then
        retry_s := links.take_access_request(of_reviewer_id, mails_max);
        is_taken := retry_s is null;
    end if;
    if retry_s is not null then
        update views.access_requests a set requested_at = '-infinity' where a.reviewer_id = of_reviewer_id;
    end if;
end
$$;


CREATE FUNCTION views.transcripts_of(of_account_id text, of_interview_id text, document jsonb) RETURNS TABLE(question_id text, lines jsonb, searched text)
    LANGUAGE sql STABLE
    AS $$
    select t.question_id, coalesce(views.own_lines(q.value -> 'answer'), t.lines), t.searched
    from jsonb_array_elements(case when jsonb_typeof(document -> 'questions') = 'array' then document -> 'questions' else '[]' end) as q (value)
    join views.transcripts t on t.account_id = of_account_id and t.interview_id = of_interview_id and t.question_id = q.value ->> 'id'
    where t.source = case when views.own_lines(q.value -> 'answer') is null then q.value #>> '{answer,captions_url}' else '' end
$$;


CREATE FUNCTION views.unusual_evidence(a views.activity, most_opens integer, most_networks integer) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    select case when a.hour_opens > most_opens
        then jsonb_build_object('rule', 'opens', 'count', a.hour_opens, 'threshold', most_opens, 'window_seconds', 3600,
                                'since', sharelink.rfc3339(a.hour_since))
        else jsonb_build_object('rule', 'networks', 'count', a.network_count, 'threshold', most_networks, 'window_seconds', 86400,
                                'networks', (select jsonb_agg(n.key order by n.key)
                                             from (select key from jsonb_object_keys(a.networks) as key limit 20) n))
    end
$$;


CREATE FUNCTION views.usage_after(a views.activity, epoch integer, many integer, fresh jsonb) RETURNS TABLE(hour_since timestamp with time zone, hour_opens integer, networks jsonb, network_count integer)
    LANGUAGE plpgsql STABLE
    AS $$
declare
    now_s    bigint := extract(epoch from now());
    is_known boolean;
begin
    hour_since := now();
    hour_opens := many;
    networks := fresh;
    if a.usage_epoch = epoch then
        if a.hour_since > now() - interval '1 hour' then
            hour_since := a.hour_since;
            hour_opens := a.hour_opens + many;
        end if;
        select coalesce(bool_and(coalesce((a.networks ->> f.key)::bigint > now_s - 3600, false)), true) into is_known
        from jsonb_object_keys(fresh) as f (key);
        if is_known then
            networks := a.networks;
            network_count := a.network_count;
            return next;
            return;
        end if;
        select jsonb_object_agg(k.key, k.seen) into networks
        from (select u.key, max(u.value::bigint) as seen
              from (select * from jsonb_each_text(a.networks) union all select * from jsonb_each_text(fresh)) u
              group by u.key) k
        where k.seen > now_s - 86400;
    end if;
    network_count := (select count(*) from jsonb_object_keys(networks));
    return next;
end
$$;


CREATE FUNCTION views.visit_of_session(of_session_hash bytea, of_reviewer_id text, epoch integer) RETURNS SETOF views.visits
    LANGUAGE sql STABLE ROWS 1
    AS $$
    select * from views.visits v where v.session_hash = of_session_hash and views.is_good_for(v, of_reviewer_id, epoch) limit 1
$$;


CREATE FUNCTION views.want_logo(of_account_id text, of_url text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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


CREATE FUNCTION views.webvtt(lines jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    AS $$
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


CREATE FUNCTION views.webvtt_time(seconds numeric) RETURNS text
    LANGUAGE sql IMMUTABLE
    RETURN ((((to_char(trunc((seconds / (3600)::numeric)), 'FM9900'::text) || ':'::text) || to_char(trunc(((seconds % (3600)::numeric) / (60)::numeric)), 'FM00'::text)) || ':'::text) || to_char(trunc((seconds % (60)::numeric), 3), 'FM00.000'::text));


CREATE TABLE views.guesses (
    reviewer_id text NOT NULL COLLATE pg_catalog."C",
    budget text NOT NULL COLLATE pg_catalog."C",
    passcode_epoch integer DEFAULT 0 NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    pauses integer DEFAULT 0 NOT NULL,
    paused_until timestamp with time zone,
    opens integer DEFAULT 0 NOT NULL,
    opens_since timestamp with time zone DEFAULT now() NOT NULL
)
WITH (fillfactor='80');


CREATE FUNCTION views.with_guess(g views.guesses, most integer, window_s integer, pause_s integer, pause_most_s integer) RETURNS views.guesses
    LANGUAGE plpgsql STABLE
    AS $$
begin
    if g.since <= now() - window_s * interval '1 second' or g.paused_until >= g.since then
        g.tries := 0;
        g.since := now();
    end if;
    if g.paused_until < now() - interval '1 day' then
        g.pauses := 0;
    end if;
    g.tries := g.tries + 1;
    if g.tries >= most then
        g.paused_until := now() + least(pause_s * 2 ^ least(g.pauses, 20), pause_most_s) * interval '1 second';
        g.pauses := g.pauses + 1;
    end if;
    return g;
end
$$;


CREATE TABLE events.log_default (
    id text NOT NULL COLLATE pg_catalog."C",
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    horizon xid8 DEFAULT pg_snapshot_xmin(pg_current_snapshot()),
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    account_id text NOT NULL COLLATE pg_catalog."C",
    type text NOT NULL COLLATE pg_catalog."C",
    share_link_id text COLLATE pg_catalog."C",
    reviewer_id text COLLATE pg_catalog."C",
    data jsonb NOT NULL,
    request_id text,
    traceparent text
);


CREATE TABLE links.document_versions (
    account_id text NOT NULL COLLATE pg_catalog."C",
    version bigint DEFAULT 1 NOT NULL
)
WITH (fillfactor='50');


CREATE VIEW links.content_states AS
 SELECT l.id AS share_link_id,
    l.kind,
    concat_ws(' '::text, l.version, COALESCE(v.version, (0)::bigint), (l.abbreviate_names)::integer, (l.omit_avatars)::integer, (l.exclude_full_profiles)::integer, (l.hide_skipped_questions)::integer, (l.disable_feedback)::integer, (l.mask_questionnaire)::integer, EXTRACT(epoch FROM l.expires_at), l.owner_name, a.version, a.brand_logo) AS content_version
   FROM ((links.share_links l
     JOIN links.accounts a ON ((a.id = l.account_id)))
     LEFT JOIN links.document_versions v ON ((v.account_id = l.account_id)));


CREATE VIEW links.doors AS
 SELECT r.token_hash,
    r.id AS reviewer_id,
    r.name AS reviewer_name,
    r.passcode_hash,
    r.passcode_epoch,
    l.id AS share_link_id,
    l.account_id,
    l.kind,
    l.expires_at,
    l.owner_name AS sender_name,
    l.media_salt,
    links.state_of(COALESCE(l.deactivated_at, r.deactivated_at), l.expires_at) AS state,
    l.abbreviate_names,
    l.omit_avatars,
    l.exclude_full_profiles,
    l.hide_skipped_questions,
    l.disable_feedback,
    l.mask_questionnaire,
    (r.state_reason ->> 'code'::text) AS state_code,
    r.locale AS reviewer_locale,
    a.locale AS account_locale,
    a.brand_name,
    a.brand_accent,
    a.brand_logo,
    l.owner_time_zone AS sender_time_zone,
    COALESCE(l.deactivated_at, r.deactivated_at) AS closed_at,
    (
        CASE
            WHEN (l.deactivated_at IS NOT NULL) THEN l.state_reason
            ELSE r.state_reason
        END ->> 'code'::text) AS closed_code
   FROM ((links.reviewers r
     JOIN links.share_links l ON ((l.id = r.share_link_id)))
     JOIN links.accounts a ON ((a.id = l.account_id)));


CREATE VIEW notifications.failed_invitations AS
 SELECT deliveries.account_id,
    deliveries.share_link_id,
    deliveries.reviewer_id,
    deliveries.id,
    deliveries.recipient,
    deliveries.created_at
   FROM notifications.deliveries
  WHERE ((deliveries.kind = 'invitation'::text) AND (deliveries.state = 'failed'::text));


CREATE TABLE views.access_requests (
    reviewer_id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    share_link_id text NOT NULL COLLATE pg_catalog."C",
    passcode_epoch integer NOT NULL,
    requested_at timestamp with time zone DEFAULT now() NOT NULL
);


CREATE VIEW views.published_access_requests AS
 SELECT access_requests.reviewer_id,
    access_requests.account_id,
    access_requests.share_link_id,
    access_requests.passcode_epoch,
    access_requests.requested_at
   FROM views.access_requests
  WHERE (access_requests.requested_at > '-infinity'::timestamp with time zone);


CREATE VIEW views.reviewer_progress AS
 SELECT a.reviewer_id,
    a.share_link_id,
    a.last_opened_at,
    a.open_count,
    a.done_at,
    (EXISTS ( SELECT
           FROM (views.published_reviews p
             JOIN links.share_link_interviews m ON (((m.share_link_id = p.share_link_id) AND (m.interview_id = p.interview_id))))
          WHERE (p.reviewer_id = a.reviewer_id))) AS has_reviewed
   FROM views.activity a;


CREATE VIEW links.link_attention AS
 SELECT f.account_id,
    f.share_link_id,
    'mail_failed'::text AS code
   FROM (((notifications.failed_invitations f
     JOIN links.reviewers r ON (((r.id = f.reviewer_id) AND ((f.recipient = r.email) OR (f.recipient = ''::text)))))
     JOIN links.share_links l ON ((l.id = r.share_link_id)))
     LEFT JOIN views.reviewer_progress p ON ((p.reviewer_id = r.id)))
  WHERE ((links.state_of(COALESCE(l.deactivated_at, r.deactivated_at), l.expires_at) = 'active'::text) AND COALESCE((p.last_opened_at < f.created_at), true) AND (NOT (EXISTS ( SELECT
           FROM notifications.invitations n
          WHERE ((n.reviewer_id = r.id) AND (n.id > f.id) AND (n.recipient = ANY (ARRAY[r.email, ''::text])))))))
UNION ALL
 SELECT q.account_id,
    q.share_link_id,
    'access_requested'::text AS code
   FROM (((views.published_access_requests q
     JOIN links.reviewers r ON (((r.id = q.reviewer_id) AND (r.passcode_epoch = q.passcode_epoch))))
     JOIN links.share_links l ON ((l.id = r.share_link_id)))
     LEFT JOIN views.reviewer_progress p ON ((p.reviewer_id = r.id)))
  WHERE (q.requested_at > GREATEST(r.invitation_requested_at, p.last_opened_at, l.active_since))
UNION ALL
 SELECT l.account_id,
    l.id AS share_link_id,
    'expires_unreviewed'::text AS code
   FROM links.share_links l
  WHERE ((COALESCE(l.expires_at, 'infinity'::timestamp with time zone) > now()) AND (COALESCE(l.expires_at, 'infinity'::timestamp with time zone) <= (now() + '48:00:00'::interval)) AND (l.deactivated_at IS NULL) AND (l.kind = 'advanced'::text) AND (NOT l.disable_feedback) AND (EXISTS ( SELECT
           FROM (links.reviewers r
             LEFT JOIN views.reviewer_progress p ON ((p.reviewer_id = r.id)))
          WHERE ((r.share_link_id = l.id) AND (r.deactivated_at IS NULL) AND (p.done_at IS NULL) AND (NOT COALESCE(p.has_reviewed, false))))))
UNION ALL
 SELECT r.account_id,
    r.share_link_id,
    'unusual_activity'::text AS code
   FROM (links.reviewers r
     JOIN links.share_links l ON ((l.id = r.share_link_id)))
  WHERE (((r.state_reason ->> 'code'::text) = 'unusual_activity'::text) AND (links.state_of(l.deactivated_at, l.expires_at) = 'active'::text));


CREATE VIEW links.mail_accounts AS
 SELECT accounts.id AS account_id,
    accounts.locale AS account_locale,
    accounts.brand_name,
    accounts.brand_accent,
    accounts.brand_logo,
    accounts.console_url
   FROM links.accounts;


CREATE VIEW links.mail_contexts AS
 SELECT r.id AS reviewer_id,
    r.name AS reviewer_name,
    r.email AS reviewer_email,
    r.sealed,
    l.id AS share_link_id,
    l.account_id,
    l.title,
    l.owner_name,
    l.owner_email,
    l.owner_time_zone,
    l.message_subject,
    l.message_body,
    l.expires_at,
    links.state_of(COALESCE(l.deactivated_at, r.deactivated_at), l.expires_at) AS state,
    (( SELECT count(*) AS count
           FROM links.share_link_interviews m
          WHERE (m.share_link_id = l.id)))::integer AS interview_count,
    ( SELECT (i.document #>> '{job,title}'::text[])
           FROM (links.share_link_interviews m
             JOIN links.interviews i ON (((i.account_id = m.account_id) AND (i.id = m.interview_id))))
          WHERE (m.share_link_id = l.id)
          ORDER BY m."position"
         LIMIT 1) AS job_title,
    r.locale AS reviewer_locale,
    a.locale AS account_locale,
    a.brand_name,
    a.brand_accent,
    a.brand_logo,
    (( SELECT count(DISTINCT i.job_id) AS count
           FROM (links.share_link_interviews m
             JOIN links.interviews i ON (((i.account_id = m.account_id) AND (i.id = m.interview_id))))
          WHERE (m.share_link_id = l.id)))::integer AS job_count,
    (( SELECT COALESCE(sum(i.recorded_s), (0)::real) AS "coalesce"
           FROM (links.share_link_interviews m
             JOIN links.interviews i ON (((i.account_id = m.account_id) AND (i.id = m.interview_id))))
          WHERE (m.share_link_id = l.id)))::integer AS recorded_s
   FROM ((links.reviewers r
     JOIN links.share_links l ON ((l.id = r.share_link_id)))
     JOIN links.accounts a ON ((a.id = l.account_id)));


CREATE VIEW links.mail_interviews AS
 SELECT interviews.account_id,
    interviews.id AS interview_id,
    interviews.candidate_name
   FROM links.interviews;


CREATE VIEW links.mail_people AS
 SELECT reviewers.id AS reviewer_id,
    reviewers.name,
    reviewers.email,
    reviewers.sealed
   FROM links.reviewers;


CREATE VIEW links.mail_questions AS
 SELECT i.account_id,
    i.id AS interview_id,
    (q.place)::integer AS place,
    (q.question ->> 'id'::text) AS question_id,
    (q.question ->> 'text'::text) AS text
   FROM (links.interviews i
     CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof((i.document -> 'questions'::text))
            WHEN 'array'::text THEN (i.document -> 'questions'::text)
            ELSE '[]'::jsonb
        END) WITH ORDINALITY q(question, place));


CREATE TABLE links.mail_requests (
    account_id text NOT NULL COLLATE pg_catalog."C",
    address_hash bytea NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    asked integer DEFAULT 1 NOT NULL
)
WITH (fillfactor='80');


CREATE VIEW links.mail_reviewers AS
 SELECT r.id AS reviewer_id,
    r.share_link_id,
    r."position",
    r.name,
    r.deactivated_at,
    r.state_reason,
    (( SELECT count(*) AS count
           FROM links.share_link_interviews m
          WHERE (m.share_link_id = r.share_link_id)))::integer AS interview_count
   FROM links.reviewers r;


CREATE VIEW links.reviewer_documents AS
 SELECT r.id AS reviewer_id,
    r.share_link_id,
    r."position",
    links.reviewer_json(r.*, ROW(a.reviewer_id, a.share_link_id, a.first_opened_at, a.last_opened_at, a.open_count, a.reviewed_count, a.done_at, a.done_note, a.watched_seconds), ROW(i.reviewer_id, i.id, i.state, i.sent_at, i.recipient)) AS reviewer
   FROM ((links.reviewers r
     LEFT JOIN LATERAL ( SELECT v.reviewer_id,
            v.share_link_id,
            v.first_opened_at,
            v.last_opened_at,
            v.open_count,
            v.reviewed_count,
            v.done_at,
            v.done_note,
            v.watched_seconds
           FROM views.reviewer_activity v
          WHERE (v.reviewer_id = r.id)
         LIMIT 1) a ON (true))
     LEFT JOIN LATERAL ( SELECT n.reviewer_id,
            n.id,
            n.state,
            n.sent_at,
            n.recipient
           FROM notifications.invitations n
          WHERE ((n.reviewer_id = r.id) AND (n.recipient = ANY (ARRAY[r.email, ''::text])))
          ORDER BY n.id DESC
         LIMIT 1) i ON (true));


CREATE VIEW links.share_link_documents AS
 SELECT l.id AS share_link_id,
    l.account_id,
    l.basic_of,
    l.version,
    links.share_link_json(l.*, m.interview_ids, m.interview_count, r.reviewers) AS share_link
   FROM ((links.share_links l
     CROSS JOIN LATERAL ( SELECT COALESCE(json_agg(m_1.interview_id ORDER BY m_1."position"), '[]'::json) AS interview_ids,
            (count(*))::integer AS interview_count
           FROM links.share_link_interviews m_1
          WHERE (m_1.share_link_id = l.id)) m)
     CROSS JOIN LATERAL ( SELECT COALESCE(json_agg(d.reviewer ORDER BY d."position"), '[]'::json) AS reviewers
           FROM links.reviewer_documents d
          WHERE (d.share_link_id = l.id)) r);


CREATE TABLE views.link_activity (
    share_link_id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    last_opened_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    rating_count integer DEFAULT 0 NOT NULL,
    rating_sum bigint DEFAULT 0 NOT NULL
)
WITH (fillfactor='80');


CREATE VIEW views.share_link_activity AS
 SELECT link_activity.share_link_id,
    link_activity.account_id,
    link_activity.last_opened_at,
    link_activity.rating_count,
    link_activity.rating_sum
   FROM views.link_activity;


CREATE VIEW links.share_link_summaries AS
 SELECT l.id AS share_link_id,
    l.kind,
    l.title,
    links.state_of(l.deactivated_at, l.expires_at) AS state,
    l.state_reason,
    sharelink.rfc3339(l.expires_at) AS expires_at,
    sharelink.rfc3339(l.created_at) AS created_at,
    sharelink.rfc3339(NULLIF(v.last_opened_at, '-infinity'::timestamp with time zone)) AS last_opened_at,
    m.interview_count,
    j.job_title,
    r.open_count,
    round(((v.rating_sum)::numeric / (NULLIF(v.rating_count, 0))::numeric), 2) AS average_rating,
    r.reviewers
   FROM ((((links.share_links l
     JOIN views.share_link_activity v ON ((v.share_link_id = l.id)))
     CROSS JOIN LATERAL ( SELECT (count(*))::integer AS interview_count
           FROM links.share_link_interviews m_1
          WHERE (m_1.share_link_id = l.id)) m)
     LEFT JOIN LATERAL ( SELECT i.job_title
           FROM (links.share_link_interviews m_1
             JOIN links.interviews i ON (((i.account_id = m_1.account_id) AND (i.id = m_1.interview_id))))
          WHERE (m_1.share_link_id = l.id)
          ORDER BY m_1."position"
         LIMIT 1) j ON (true))
     CROSS JOIN LATERAL ( SELECT c.open_count,
            row_to_json(n.*) AS reviewers
           FROM (( SELECT count(*) AS count,
                    count(*) FILTER (WHERE (i.state = 'sent'::text)) AS invited,
                    count(*) FILTER (WHERE (i.state = 'failed'::text)) AS failed,
                    count(*) FILTER (WHERE (p.open_count > 0)) AS opened,
                    count(*) FILTER (WHERE p.has_reviewed) AS reviewed,
                    count(p.done_at) AS done,
                    (COALESCE(sum(p.open_count), (0)::numeric))::bigint AS open_count
                   FROM ((links.reviewers r_1
                     LEFT JOIN views.reviewer_progress p ON ((p.reviewer_id = r_1.id)))
                     LEFT JOIN LATERAL ( SELECT n_1.state
                           FROM notifications.invitations n_1
                          WHERE ((r_1.invitation_requested_at IS NOT NULL) AND (n_1.reviewer_id = r_1.id) AND (n_1.recipient = ANY (ARRAY[r_1.email, ''::text])))
                          ORDER BY n_1.id DESC
                         LIMIT 1) i ON (true))
                  WHERE (r_1.share_link_id = l.id)) c
             CROSS JOIN LATERAL ( SELECT c.count,
                    c.invited,
                    c.failed,
                    c.opened,
                    c.reviewed,
                    c.done) n)) r);


CREATE VIEW links.shared_interviews AS
 SELECT m.share_link_id,
    m."position",
    i.id AS interview_id,
    (i.document #- '{candidate,email}'::text[]) AS document,
    i.job_id,
    i.recorded_s
   FROM (links.share_link_interviews m
     JOIN links.interviews i ON (((i.account_id = m.account_id) AND (i.id = m.interview_id))));


CREATE VIEW links.webhook_links AS
 SELECT share_links.id AS share_link_id,
    share_links.account_id,
    share_links.external_id
   FROM links.share_links;


CREATE TABLE notifications.cursors (
    consumer text NOT NULL COLLATE pg_catalog."C",
    xid xid8 NOT NULL,
    event_id text NOT NULL COLLATE pg_catalog."C"
);


CREATE TABLE notifications.dead_entries (
    id bigint NOT NULL,
    consumer text NOT NULL,
    stream text,
    entry_id text,
    event_id text COLLATE pg_catalog."C",
    fault text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE notifications.dead_entries ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME notifications.dead_entries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE notifications.gatherings (
    key text NOT NULL COLLATE pg_catalog."C",
    delivery_id text NOT NULL COLLATE pg_catalog."C",
    count integer NOT NULL,
    items text[] NOT NULL COLLATE pg_catalog."C",
    last_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    due_at_most timestamp with time zone NOT NULL
)
WITH (fillfactor='50');


CREATE TABLE notifications.settled (
    consumer text NOT NULL COLLATE pg_catalog."C",
    event_id text NOT NULL COLLATE pg_catalog."C",
    settled_at timestamp with time zone DEFAULT now() NOT NULL
);


CREATE TABLE public.sharelink_schema (
    kind text NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    version text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT sharelink_schema_kind_check CHECK ((kind = ANY (ARRAY['base'::text, 'migration'::text, 'repeatable'::text, 'schema'::text])))
);


CREATE TABLE views.fetches (
    id bigint NOT NULL,
    account_id text NOT NULL COLLATE pg_catalog."C",
    interview_id text COLLATE pg_catalog."C",
    question_id text COLLATE pg_catalog."C",
    url text NOT NULL,
    document_version integer NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
    lease_until timestamp with time zone,
    lease_holder text,
    last_error text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT fetches_check CHECK (((interview_id IS NULL) = (question_id IS NULL))),
    CONSTRAINT fetches_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'done'::text, 'failed'::text])))
)
WITH (fillfactor='80');


ALTER TABLE views.fetches ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME views.fetches_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


CREATE TABLE views.logos (
    account_id text NOT NULL COLLATE pg_catalog."C",
    digest text NOT NULL COLLATE pg_catalog."C",
    content_type text NOT NULL,
    bytes bytea NOT NULL,
    stored_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE ONLY views.logos ALTER COLUMN bytes SET STORAGE EXTERNAL;


CREATE VIEW views.published_visits AS
 SELECT visits.id,
    visits.account_id,
    visits.share_link_id,
    visits.reviewer_id,
    visits.opened_at,
    visits.is_first,
    visits.network,
    visits.device
   FROM views.visits;


CREATE VIEW views.published_watch AS
 SELECT watch.reviewer_id,
    watch.interview_id,
    watch.question_id,
    watch.seconds
   FROM views.watch;


CREATE TABLE views.review_revisions (
    review_id text NOT NULL COLLATE pg_catalog."C",
    version integer NOT NULL,
    visit_id text NOT NULL COLLATE pg_catalog."C",
    rating smallint,
    recommendation text COLLATE pg_catalog."C",
    comment text NOT NULL,
    question_ratings jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL
);


CREATE VIEW views.shown_interviews AS
 SELECT d.token_hash,
    d.reviewer_id,
    d.account_id,
    d.media_salt,
    i."position",
    i.interview_id,
    m.type,
    m.job,
    m.completed_at,
    m.language,
        CASE
            WHEN d.abbreviate_names THEN (m.candidate ->> 'first_name'::text)
            ELSE concat_ws(' '::text, (m.candidate ->> 'first_name'::text), NULLIF((m.candidate ->> 'last_name'::text), ''::text))
        END AS display_name,
    ((NOT d.omit_avatars) AND ((m.candidate ->> 'avatar_url'::text) IS NOT NULL)) AS has_avatar,
        CASE
            WHEN (NOT d.exclude_full_profiles) THEN (m.candidate -> 'profile'::text)
            ELSE NULL::jsonb
        END AS profile,
    ((NOT d.exclude_full_profiles) AND ((m.candidate #>> '{resume,url}'::text[]) IS NOT NULL)) AS has_resume,
        CASE
            WHEN (d.exclude_full_profiles OR ((m.candidate #>> '{resume,url}'::text[]) IS NULL)) THEN NULL::text
            WHEN d.abbreviate_names THEN ('resume.'::text || views.file_extension((m.candidate #>> '{resume,file_name}'::text[])))
            ELSE (m.candidate #>> '{resume,file_name}'::text[])
        END AS resume_name,
        CASE
            WHEN (jsonb_typeof(m.questions) IS DISTINCT FROM 'array'::text) THEN '[]'::jsonb
            WHEN d.hide_skipped_questions THEN ( SELECT COALESCE(jsonb_agg(q.question ORDER BY q.place), '[]'::jsonb) AS "coalesce"
               FROM views.shown_questions(i.document, true) q(question, place))
            ELSE m.questions
        END AS questions,
    ( SELECT jsonb_object_agg(t.question_id, t.lines) AS jsonb_object_agg
           FROM views.transcripts_of(d.account_id, i.interview_id, i.document) t(question_id, lines, searched)
          WHERE ((NOT d.hide_skipped_questions) OR (EXISTS ( SELECT
                   FROM views.shown_questions(i.document, true) q(question, place)
                  WHERE ((q.question ->> 'id'::text) = t.question_id))))) AS transcripts,
        CASE
            WHEN (NOT d.mask_questionnaire) THEN m.questionnaire
            ELSE NULL::jsonb
        END AS questionnaire,
    (NOT d.disable_feedback) AS has_feedback,
    f.*::views.reviews AS review
   FROM (((links.doors d
     JOIN links.shared_interviews i ON ((i.share_link_id = d.share_link_id)))
     CROSS JOIN LATERAL jsonb_to_record(i.document) m(type text, job jsonb, completed_at text, candidate jsonb, questions jsonb, questionnaire jsonb, language text))
     LEFT JOIN views.reviews f ON (((NOT d.disable_feedback) AND (f.reviewer_id = d.reviewer_id) AND (f.interview_id = i.interview_id))))
  WHERE (d.state = 'active'::text);


CREATE TABLE views.transcripts (
    account_id text NOT NULL COLLATE pg_catalog."C",
    interview_id text NOT NULL COLLATE pg_catalog."C",
    question_id text NOT NULL COLLATE pg_catalog."C",
    source text NOT NULL,
    lines jsonb,
    searched text NOT NULL,
    size integer GENERATED ALWAYS AS (COALESCE(octet_length((lines)::text), 0)) STORED NOT NULL,
    stored_at timestamp with time zone DEFAULT now() NOT NULL
);


CREATE VIEW views.transcript_sizes AS
 SELECT transcripts.account_id,
    transcripts.interview_id,
    sum(transcripts.size) AS size
   FROM views.transcripts
  GROUP BY transcripts.account_id, transcripts.interview_id;


CREATE VIEW views.wanted_logos AS
 SELECT fetches.account_id,
    fetches.url,
    fetches.state,
    fetches.last_error,
    json_build_object('state',
        CASE fetches.state
            WHEN 'waiting'::text THEN 'pending'::text
            WHEN 'done'::text THEN 'ready'::text
            ELSE 'failed'::text
        END, 'reason', fetches.last_error) AS logo_state
   FROM views.fetches
  WHERE (fetches.interview_id IS NULL);


CREATE TABLE views.watched (
    reviewer_id text NOT NULL COLLATE pg_catalog."C",
    interview_id text NOT NULL COLLATE pg_catalog."C",
    account_id text NOT NULL COLLATE pg_catalog."C",
    share_link_id text NOT NULL COLLATE pg_catalog."C",
    watched_at timestamp with time zone DEFAULT now() NOT NULL
);


ALTER TABLE ONLY events.log ATTACH PARTITION events.log_default DEFAULT;
























INSERT INTO notifications.cursors VALUES ('email', '0', '');
INSERT INTO notifications.cursors VALUES ('webhook', '726', '');














INSERT INTO public.sharelink_schema VALUES ('repeatable', 'ctl/schema/roles.sql', '6975cda76b0f557d54c60087a71ec8db4d262f38d4f31477fbf447bb1a8d7862', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('base', 'ctl/schema/schemas.sql', '461dda1e6161a277852815d1cdee6d49786f6cd510add2644c0d4f65c64466d3', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('base', 'ctl/schema/tables.sql', '59516912e6a86bbf6d772ca9a9caa598f047968e67248fcd4495254b6e784a0b', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'ctl/schema/functions.sql', 'a7400a7082002ba98408d9a7f289258a9676ec1cdd15cb88b652157f9b3dfec0', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('base', 'ctl/schema/partitions.sql', '60d948cd2a448d17cb75ae82fe75fb4b9d22f9ef832de4adf62c5e35c5e2f657', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('base', 'links/schema/tables.sql', 'dfa40f492ae74f11e29a7eaf9f2096d14529193fb907d5581a3052103d158eea', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('base', 'views/schema/tables.sql', 'b1fd3c67c551b3b7abf464250102c89ff85960d14ef82570aa1301ffe35c3da7', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('base', 'notifications/schema/tables.sql', '9c490777a316983ee40b341bebe227ace59dee0bca0cc7550f1138ec95dc4aaf', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('base', 'console/schema/tables.sql', '3ee63d004bb2db935cdabd2c4e1551ef81121e0f8cabb977440b328abca71bd6', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'links/schema/functions.sql', '5650bd2649e5b13815d12cbaa0852c8b8b1c23187a5c8bb18b17314d5182cce9', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'links/schema/views.sql', '76d931d035effd99f183dfb2529db0dd1a7401a2cf890d1a4c4d3158dfdf7aec', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'views/schema/views.sql', '4994cb2a8d8ab1b8f4eb66acffe1d25678139d0dda039606efc64d8a3ec324a9', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'notifications/schema/views.sql', 'b009481216aeaf6bc3b2bcd631542cd06d00dc3243c64913186166c5f6b4de93', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'console/schema/functions.sql', '1ae8b93f11261e6adac32cb94032ecf4380cdc514531bca18ce6564f638d5567', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'links/schema/json.sql', '7991fd32ce62c6f54929f34d40c7cca336230d03ef16d4cf29f1fa127c70cca4', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'views/schema/functions.sql', '3aae063484ce959ca0e04566bf28e2ac33f652cacf97a91e883a6636a0867546', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'views/schema/shown.sql', 'd4f25afcf5dd94175475f09248c25ef81288d863d413310dc72bb93458fde3c3', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'views/schema/limits.sql', 'e5c86d6417e19665de2ae45d674ec066fd977647f1f2393a4bdd876927e63dac', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'views/schema/opens.sql', 'e7bb84d363be0069b7a3f866284afbf3a2449dd515f3ee2247a357f0c4cd9643', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'notifications/schema/mails.sql', '80d5b86216b83b54137a3959751bf45dcde058fa6f036fb868cd6d60957c5855', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'notifications/schema/plans.sql', '7eddfc5413ce4685566d370de71929421e7433c5950cb50fdfa2c6d7d0f728fa', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'notifications/schema/webhooks.sql', 'fb0d924bcab942dbfeb969a9b86f618f0f4689535f8306d18e32d25d5df71273', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'notifications/schema/json.sql', 'b31014a17d7507dc6e9cc4e57dd3802917829ca18687514fcdb3d0fd7f5758c4', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'notifications/schema/lists.sql', '2f4156791523f133d2d4df3fbf711f35f3d0e297ef5cde63862147d8da815d10', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'links/schema/triggers.sql', 'a6a59ffc9c30c88bfee5e30cb376d21b565aa3e2017ac5f6a645985bb4c0aefd', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'views/schema/triggers.sql', '837bfec92f867ac45dbb81354408d2037195244f30c09ebe3382e0a15ae87b15', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'notifications/schema/triggers.sql', '213e0957e27636eedcc7de75310cfa0a6c9f420d92e30abe18700dcf62bdd671', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'ctl/schema/grants.sql', '5509fe0da6ec069e69f120356758a2a438a51f0e06272854f18b211293eac6c2', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'links/schema/grants.sql', 'a0bdda917b6e23b6ab8ccedb7461b0f178c20946ccb229732927badffcec1b29', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'views/schema/grants.sql', '74e87a414bddb21a32a8d65305c614635430bdb1d3b563ae37b68f1aa1309296', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'notifications/schema/grants.sql', '05751df391a2b3700229d5e5df62e9e0070e53aa0ba84ef7691c2264dfeccb6c', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('repeatable', 'console/schema/grants.sql', '34df86f77ffcde2795bb7dec4d2377e814ab886f2e4084d2fc1251f84d133d20', '0.4.0', now());
INSERT INTO public.sharelink_schema VALUES ('schema', '74591318ad1037ac6bca8e3803e16ae0178eb22156fb61f3411cee019390e97b', '74591318ad1037ac6bca8e3803e16ae0178eb22156fb61f3411cee019390e97b', '0.4.0', now());






























SELECT pg_catalog.setval('notifications.dead_entries_id_seq', 1, false);


SELECT pg_catalog.setval('views.fetches_id_seq', 1, false);


ALTER TABLE ONLY console.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);


ALTER TABLE ONLY events.log
    ADD CONSTRAINT log_pkey PRIMARY KEY (id, created_at);


ALTER TABLE ONLY events.log_default
    ADD CONSTRAINT log_default_pkey PRIMARY KEY (id, created_at);


ALTER TABLE ONLY links.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);


ALTER TABLE ONLY links.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);


ALTER TABLE ONLY links.document_versions
    ADD CONSTRAINT document_versions_pkey PRIMARY KEY (account_id);


ALTER TABLE ONLY links.email_templates
    ADD CONSTRAINT email_templates_pkey PRIMARY KEY (id);


ALTER TABLE ONLY links.interviews
    ADD CONSTRAINT interviews_pkey PRIMARY KEY (account_id, id);


ALTER TABLE ONLY links.mail_requests
    ADD CONSTRAINT mail_requests_pkey PRIMARY KEY (account_id, address_hash);


ALTER TABLE ONLY links.reviewers
    ADD CONSTRAINT reviewers_pkey PRIMARY KEY (id);


ALTER TABLE ONLY links.reviewers
    ADD CONSTRAINT reviewers_token_hash_key UNIQUE (token_hash);


ALTER TABLE ONLY links.share_link_interviews
    ADD CONSTRAINT share_link_interviews_pkey PRIMARY KEY (share_link_id, interview_id);


ALTER TABLE ONLY links.share_links
    ADD CONSTRAINT share_links_pkey PRIMARY KEY (id);


ALTER TABLE ONLY notifications.cursors
    ADD CONSTRAINT cursors_pkey PRIMARY KEY (consumer);


ALTER TABLE ONLY notifications.dead_entries
    ADD CONSTRAINT dead_entries_consumer_stream_entry_id_key UNIQUE (consumer, stream, entry_id);


ALTER TABLE ONLY notifications.dead_entries
    ADD CONSTRAINT dead_entries_pkey PRIMARY KEY (id);


ALTER TABLE ONLY notifications.deliveries
    ADD CONSTRAINT deliveries_event_id_channel_kind_recipient_key UNIQUE (event_id, channel, kind, recipient);


ALTER TABLE ONLY notifications.deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (id);


ALTER TABLE ONLY notifications.gatherings
    ADD CONSTRAINT gatherings_delivery_id_key UNIQUE (delivery_id);


ALTER TABLE ONLY notifications.gatherings
    ADD CONSTRAINT gatherings_pkey PRIMARY KEY (key);


ALTER TABLE ONLY notifications.preferences
    ADD CONSTRAINT preferences_pkey PRIMARY KEY (account_id, address);


ALTER TABLE ONLY notifications.settled
    ADD CONSTRAINT settled_pkey PRIMARY KEY (consumer, event_id);


ALTER TABLE ONLY notifications.webhook_endpoints
    ADD CONSTRAINT webhook_endpoints_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.sharelink_schema
    ADD CONSTRAINT sharelink_schema_pkey PRIMARY KEY (kind, name);


ALTER TABLE ONLY sharelink.idempotent_answers
    ADD CONSTRAINT idempotent_answers_pkey PRIMARY KEY (id);


ALTER TABLE ONLY sharelink.idempotent_usage
    ADD CONSTRAINT idempotent_usage_pkey PRIMARY KEY (service, account_id, hour);


ALTER TABLE ONLY views.access_requests
    ADD CONSTRAINT access_requests_pkey PRIMARY KEY (reviewer_id);


ALTER TABLE ONLY views.activity
    ADD CONSTRAINT activity_pkey PRIMARY KEY (reviewer_id);


ALTER TABLE ONLY views.fetches
    ADD CONSTRAINT fetches_account_id_interview_id_question_id_key UNIQUE NULLS NOT DISTINCT (account_id, interview_id, question_id);


ALTER TABLE ONLY views.fetches
    ADD CONSTRAINT fetches_pkey PRIMARY KEY (id);


ALTER TABLE ONLY views.guesses
    ADD CONSTRAINT guesses_pkey PRIMARY KEY (reviewer_id, budget);


ALTER TABLE ONLY views.link_activity
    ADD CONSTRAINT link_activity_pkey PRIMARY KEY (share_link_id);


ALTER TABLE ONLY views.logos
    ADD CONSTRAINT logos_pkey PRIMARY KEY (account_id, digest);


ALTER TABLE ONLY views.review_revisions
    ADD CONSTRAINT review_revisions_pkey PRIMARY KEY (review_id, version);


ALTER TABLE ONLY views.reviews
    ADD CONSTRAINT reviews_pkey PRIMARY KEY (id);


ALTER TABLE ONLY views.transcripts
    ADD CONSTRAINT transcripts_pkey PRIMARY KEY (account_id, interview_id, question_id);


ALTER TABLE ONLY views.visits
    ADD CONSTRAINT visits_pkey PRIMARY KEY (id);


ALTER TABLE ONLY views.visits
    ADD CONSTRAINT visits_session_hash_key UNIQUE (session_hash);


ALTER TABLE ONLY views.watch
    ADD CONSTRAINT watch_pkey PRIMARY KEY (reviewer_id, interview_id, question_id);


ALTER TABLE ONLY views.watched
    ADD CONSTRAINT watched_pkey PRIMARY KEY (reviewer_id, interview_id);


CREATE INDEX sessions_by_account ON console.sessions USING btree (account_id, expires_at);


CREATE INDEX sessions_by_expiry ON console.sessions USING btree (expires_at);


CREATE INDEX sessions_by_recruiter ON console.sessions USING btree (account_id, recruiter_email, expires_at);


CREATE INDEX log_by_account_commit ON ONLY events.log USING btree (account_id, xid, id);


CREATE INDEX log_by_account_time ON ONLY events.log USING btree (account_id, created_at, id);


CREATE INDEX log_by_commit ON ONLY events.log USING btree (xid, id);


CREATE INDEX log_by_link ON ONLY events.log USING btree (share_link_id, xid, id);


CREATE INDEX log_by_type ON ONLY events.log USING btree (type, account_id, xid, id);


CREATE INDEX log_default_account_id_created_at_id_idx ON events.log_default USING btree (account_id, created_at, id);


CREATE INDEX log_default_account_id_xid_id_idx ON events.log_default USING btree (account_id, xid, id);


CREATE INDEX log_default_share_link_id_xid_id_idx ON events.log_default USING btree (share_link_id, xid, id);


CREATE INDEX log_default_type_account_id_xid_id_idx ON events.log_default USING btree (type, account_id, xid, id);


CREATE INDEX log_default_xid_id_idx ON events.log_default USING btree (xid, id);


CREATE INDEX api_keys_by_account ON links.api_keys USING btree (account_id);


CREATE INDEX email_templates_by_account ON links.email_templates USING btree (account_id, id);


CREATE INDEX email_templates_by_name ON links.email_templates USING btree (account_id, name COLLATE "und-x-icu", id);


CREATE INDEX email_templates_by_time ON links.email_templates USING btree (account_id, created_at, id);


CREATE UNIQUE INDEX email_templates_one_default ON links.email_templates USING btree (account_id) WHERE is_default;


CREATE INDEX interviews_by_change ON links.interviews USING btree (account_id, updated_at, id);


CREATE INDEX interviews_by_completion ON links.interviews USING btree (account_id, COALESCE(completed_at, '-infinity'::timestamp with time zone), id);


CREATE INDEX interviews_by_job ON links.interviews USING btree (account_id, job_id, created_at, id);


CREATE INDEX interviews_by_name ON links.interviews USING btree (account_id, candidate_name COLLATE "und-x-icu", id);


CREATE INDEX interviews_by_time ON links.interviews USING btree (account_id, created_at, id);


CREATE INDEX interviews_by_words ON links.interviews USING gin (account_id, searched public.gin_trgm_ops, job_searched public.gin_trgm_ops);


CREATE UNIQUE INDEX interviews_external_id ON links.interviews USING btree (account_id, external_id) WHERE (external_id IS NOT NULL);


CREATE INDEX mail_requests_by_time ON links.mail_requests USING btree (since);


CREATE UNIQUE INDEX reviewers_by_link ON links.reviewers USING btree (share_link_id, email);


CREATE INDEX reviewers_by_words ON links.reviewers USING gin (account_id, searched public.gin_trgm_ops);


CREATE UNIQUE INDEX reviewers_external_id ON links.reviewers USING btree (account_id, external_id, share_link_id) WHERE (external_id IS NOT NULL);


CREATE INDEX reviewers_unusual ON links.reviewers USING btree (account_id, share_link_id) WHERE ((state_reason ->> 'code'::text) = 'unusual_activity'::text);


CREATE INDEX share_link_interviews_by_interview ON links.share_link_interviews USING btree (account_id, interview_id);


CREATE INDEX share_links_basic ON links.share_links USING btree (account_id, created_at DESC, id DESC) WHERE (kind = 'basic'::text);


CREATE UNIQUE INDEX share_links_basic_of ON links.share_links USING btree (account_id, basic_of) WHERE (basic_of IS NOT NULL);


CREATE INDEX share_links_by_account ON links.share_links USING btree (account_id, created_at DESC, id DESC);


CREATE INDEX share_links_by_age ON links.share_links USING btree (active_since) WHERE (deactivated_at IS NULL);


CREATE INDEX share_links_by_change ON links.share_links USING btree (account_id, updated_at, id);


CREATE INDEX share_links_by_expiry ON links.share_links USING btree (account_id, COALESCE(expires_at, 'infinity'::timestamp with time zone), id);


CREATE INDEX share_links_by_owner ON links.share_links USING btree (account_id, owner_email, created_at DESC, id DESC);


CREATE INDEX share_links_by_title ON links.share_links USING btree (account_id, title COLLATE "und-x-icu", id);


CREATE INDEX share_links_by_words ON links.share_links USING gin (account_id, searched public.gin_trgm_ops);


CREATE INDEX share_links_deactivated ON links.share_links USING btree (account_id, created_at DESC, id DESC) WHERE (deactivated_at IS NOT NULL);


CREATE INDEX share_links_expiry_untold ON links.share_links USING btree (expires_at) WHERE ((deactivated_at IS NULL) AND (told_expiry IS DISTINCT FROM expires_at));


CREATE UNIQUE INDEX share_links_external_id ON links.share_links USING btree (account_id, external_id) WHERE (external_id IS NOT NULL);


CREATE INDEX share_links_to_expire ON links.share_links USING btree (expires_at) WHERE ((deactivated_at IS NULL) AND (expires_at IS NOT NULL));


CREATE INDEX deliveries_by_account ON notifications.deliveries USING btree (state, account_id, channel, id);


CREATE INDEX deliveries_by_endpoint ON notifications.deliveries USING btree (state, recipient, id) WHERE (channel = 'webhook'::text);


CREATE INDEX deliveries_by_link ON notifications.deliveries USING btree (share_link_id, account_id, id);


CREATE INDEX deliveries_by_reviewer ON notifications.deliveries USING btree (reviewer_id, id);


CREATE INDEX deliveries_by_type ON notifications.deliveries USING btree (event_type, account_id, id);


CREATE INDEX deliveries_due_mails ON notifications.deliveries USING btree (next_attempt_at) WHERE ((state = 'pending'::text) AND (channel = 'email'::text));


CREATE INDEX deliveries_due_webhooks ON notifications.deliveries USING btree (recipient, next_attempt_at) WHERE ((state = 'pending'::text) AND (channel = 'webhook'::text));


CREATE INDEX deliveries_failed ON notifications.deliveries USING btree (id) WHERE (state = 'failed'::text);


CREATE INDEX deliveries_failed_invitations ON notifications.deliveries USING btree (account_id, share_link_id) WHERE ((kind = 'invitation'::text) AND (state = 'failed'::text));


CREATE INDEX deliveries_for_digest ON notifications.deliveries USING btree (account_id, recipient, happened_at) WHERE ((reason = 'in_digest'::text) AND (gathered_into IS NULL));


CREATE INDEX deliveries_gathered ON notifications.deliveries USING btree (gathered_into) WHERE (gathered_into IS NOT NULL);


CREATE INDEX deliveries_gathering ON notifications.deliveries USING btree (recipient, reviewer_id) WHERE ((state = 'pending'::text) AND (channel = 'webhook'::text) AND gathers);


CREATE INDEX deliveries_gathering_mails ON notifications.deliveries USING btree (share_link_id) WHERE ((state = 'pending'::text) AND (channel = 'email'::text) AND gathers);


CREATE INDEX deliveries_of_another_time ON notifications.deliveries USING btree (account_id, created_at, id) WHERE (((created_at - happened_at) > '00:10:00'::interval) OR ((created_at - happened_at) < '-00:10:00'::interval));


CREATE INDEX deliveries_of_invitations ON notifications.deliveries USING btree (reviewer_id, id) WHERE (kind = 'invitation'::text);


CREATE INDEX preferences_to_digest ON notifications.preferences USING btree (account_id, address) WHERE (digest_until IS NOT NULL);


CREATE INDEX settled_by_age ON notifications.settled USING btree (settled_at);


CREATE INDEX webhook_endpoints_by_account ON notifications.webhook_endpoints USING btree (account_id, created_at, id);


CREATE INDEX idempotent_answers_by_age ON sharelink.idempotent_answers USING btree (created_at);


CREATE INDEX idempotent_answers_by_subject ON sharelink.idempotent_answers USING btree (about) WHERE (about IS NOT NULL);


CREATE INDEX idempotent_usage_by_hour ON sharelink.idempotent_usage USING btree (hour);


CREATE INDEX access_requests_by_link ON views.access_requests USING btree (account_id, share_link_id);


CREATE INDEX activity_by_link ON views.activity USING btree (share_link_id);


CREATE INDEX activity_with_note ON views.activity USING btree (account_id) WHERE (done_note IS NOT NULL);


CREATE INDEX fetches_due ON views.fetches USING btree (account_id, next_attempt_at) WHERE (state = 'waiting'::text);


CREATE INDEX guesses_by_time ON views.guesses USING btree (since);


CREATE INDEX link_activity_by_time ON views.link_activity USING btree (account_id, last_opened_at, share_link_id);


CREATE INDEX logos_by_digest ON views.logos USING btree (digest);


CREATE INDEX reviews_by_interview ON views.reviews USING btree (account_id, interview_id, created_at, id);


CREATE INDEX reviews_by_link ON views.reviews USING btree (share_link_id, created_at, id);


CREATE UNIQUE INDEX reviews_by_reviewer ON views.reviews USING btree (reviewer_id, interview_id);


CREATE INDEX visits_by_link ON views.visits USING btree (share_link_id, id);


CREATE INDEX visits_by_network ON views.visits USING btree (reviewer_id, passcode_epoch, network);


CREATE INDEX visits_by_time ON views.visits USING btree (share_link_id, opened_at, id);


CREATE INDEX watch_by_interview ON views.watch USING btree (account_id, interview_id);


CREATE INDEX watched_by_interview ON views.watched USING btree (account_id, interview_id);


ALTER INDEX events.log_by_account_time ATTACH PARTITION events.log_default_account_id_created_at_id_idx;


ALTER INDEX events.log_by_account_commit ATTACH PARTITION events.log_default_account_id_xid_id_idx;


ALTER INDEX events.log_pkey ATTACH PARTITION events.log_default_pkey;


ALTER INDEX events.log_by_link ATTACH PARTITION events.log_default_share_link_id_xid_id_idx;


ALTER INDEX events.log_by_type ATTACH PARTITION events.log_default_type_account_id_xid_id_idx;


ALTER INDEX events.log_by_commit ATTACH PARTITION events.log_default_xid_id_idx;


CREATE TRIGGER document_changes AFTER UPDATE OF document ON links.interviews FOR EACH ROW WHEN ((old.document IS DISTINCT FROM new.document)) EXECUTE FUNCTION links.count_document_change();


CREATE TRIGGER document_goes AFTER DELETE ON links.interviews FOR EACH ROW EXECUTE FUNCTION links.count_document_change();


CREATE TRIGGER follow_interviews AFTER INSERT OR UPDATE OF document ON links.interviews FOR EACH ROW EXECUTE FUNCTION views.follow_interviews();


CREATE TRIGGER follow_links AFTER INSERT OR DELETE ON links.share_links FOR EACH ROW EXECUTE FUNCTION views.follow_links();


CREATE TRIGGER note_change BEFORE UPDATE ON links.accounts FOR EACH ROW WHEN ((old.version IS DISTINCT FROM new.version)) EXECUTE FUNCTION sharelink.note_change();


CREATE TRIGGER note_change BEFORE UPDATE ON links.email_templates FOR EACH ROW WHEN ((old.version IS DISTINCT FROM new.version)) EXECUTE FUNCTION sharelink.note_change();


CREATE TRIGGER note_change BEFORE UPDATE ON links.interviews FOR EACH ROW WHEN ((old.version IS DISTINCT FROM new.version)) EXECUTE FUNCTION sharelink.note_change();


CREATE TRIGGER note_change BEFORE UPDATE ON links.share_links FOR EACH ROW WHEN ((old.version IS DISTINCT FROM new.version)) EXECUTE FUNCTION sharelink.note_change();


CREATE TRIGGER note_revival BEFORE UPDATE OF deactivated_at, expires_at ON links.share_links FOR EACH ROW EXECUTE FUNCTION links.note_revival();


CREATE TRIGGER close_gathering AFTER UPDATE OF state ON notifications.deliveries FOR EACH ROW WHEN ((old.gathers AND (new.state <> 'pending'::text))) EXECUTE FUNCTION notifications.close_gathering();


CREATE TRIGGER let_earlier_go_first BEFORE INSERT ON notifications.deliveries FOR EACH ROW WHEN (((new.channel = 'email'::text) AND (new.state = 'pending'::text) AND (new.share_link_id IS NOT NULL) AND (new.kind = ANY (ARRAY['review'::text, 'completed'::text, 'access_requested'::text, 'guessing'::text, 'deactivated'::text, 'expiry_warning'::text])))) EXECUTE FUNCTION notifications.let_earlier_go_first();


CREATE TRIGGER let_followers_go AFTER UPDATE ON notifications.deliveries FOR EACH ROW WHEN (((new.followers IS NOT NULL) AND ((new.state <> 'pending'::text) OR ((old.lease_until IS NOT NULL) AND (new.lease_until IS NULL))))) EXECUTE FUNCTION notifications.let_followers_go();


CREATE TRIGGER note_change BEFORE UPDATE ON notifications.preferences FOR EACH ROW WHEN ((old.version IS DISTINCT FROM new.version)) EXECUTE FUNCTION sharelink.note_change();


CREATE TRIGGER note_change BEFORE UPDATE ON notifications.webhook_endpoints FOR EACH ROW WHEN ((old.version IS DISTINCT FROM new.version)) EXECUTE FUNCTION sharelink.note_change();


CREATE TRIGGER replace_carrier AFTER UPDATE OF delivery_id ON notifications.gatherings FOR EACH ROW WHEN ((old.delivery_id <> new.delivery_id)) EXECUTE FUNCTION notifications.replace_carrier();


CREATE TRIGGER note_change BEFORE UPDATE ON views.reviews FOR EACH ROW WHEN ((old.version IS DISTINCT FROM new.version)) EXECUTE FUNCTION sharelink.note_change();


ALTER TABLE ONLY console.sessions
    ADD CONSTRAINT sessions_account_id_fkey FOREIGN KEY (account_id) REFERENCES links.accounts(id) ON DELETE CASCADE;


ALTER TABLE ONLY links.api_keys
    ADD CONSTRAINT api_keys_account_id_fkey FOREIGN KEY (account_id) REFERENCES links.accounts(id) ON DELETE CASCADE;


ALTER TABLE ONLY links.email_templates
    ADD CONSTRAINT email_templates_account_id_fkey FOREIGN KEY (account_id) REFERENCES links.accounts(id) ON DELETE CASCADE;


ALTER TABLE ONLY links.interviews
    ADD CONSTRAINT interviews_account_id_fkey FOREIGN KEY (account_id) REFERENCES links.accounts(id) ON DELETE CASCADE;


ALTER TABLE ONLY links.mail_requests
    ADD CONSTRAINT mail_requests_account_id_fkey FOREIGN KEY (account_id) REFERENCES links.accounts(id) ON DELETE CASCADE;


ALTER TABLE ONLY links.reviewers
    ADD CONSTRAINT reviewers_share_link_id_fkey FOREIGN KEY (share_link_id) REFERENCES links.share_links(id) ON DELETE CASCADE;


ALTER TABLE ONLY links.share_link_interviews
    ADD CONSTRAINT share_link_interviews_account_id_interview_id_fkey FOREIGN KEY (account_id, interview_id) REFERENCES links.interviews(account_id, id) ON DELETE CASCADE;


ALTER TABLE ONLY links.share_link_interviews
    ADD CONSTRAINT share_link_interviews_share_link_id_fkey FOREIGN KEY (share_link_id) REFERENCES links.share_links(id) ON DELETE CASCADE;


ALTER TABLE ONLY links.share_links
    ADD CONSTRAINT share_links_account_id_basic_of_fkey FOREIGN KEY (account_id, basic_of) REFERENCES links.interviews(account_id, id) ON DELETE CASCADE;


ALTER TABLE ONLY links.share_links
    ADD CONSTRAINT share_links_account_id_fkey FOREIGN KEY (account_id) REFERENCES links.accounts(id) ON DELETE CASCADE;


ALTER TABLE ONLY views.fetches
    ADD CONSTRAINT fetches_account_id_fkey FOREIGN KEY (account_id) REFERENCES links.accounts(id) ON DELETE CASCADE;


ALTER TABLE ONLY views.fetches
    ADD CONSTRAINT fetches_account_id_interview_id_fkey FOREIGN KEY (account_id, interview_id) REFERENCES links.interviews(account_id, id) ON DELETE CASCADE;


ALTER TABLE ONLY views.logos
    ADD CONSTRAINT logos_account_id_fkey FOREIGN KEY (account_id) REFERENCES links.accounts(id) ON DELETE CASCADE;


ALTER TABLE ONLY views.review_revisions
    ADD CONSTRAINT review_revisions_review_id_fkey FOREIGN KEY (review_id) REFERENCES views.reviews(id) ON DELETE CASCADE;


ALTER TABLE ONLY views.reviews
    ADD CONSTRAINT reviews_account_id_interview_id_fkey FOREIGN KEY (account_id, interview_id) REFERENCES links.interviews(account_id, id) ON DELETE CASCADE;


ALTER TABLE ONLY views.transcripts
    ADD CONSTRAINT transcripts_account_id_interview_id_fkey FOREIGN KEY (account_id, interview_id) REFERENCES links.interviews(account_id, id) ON DELETE CASCADE;


ALTER TABLE ONLY views.watch
    ADD CONSTRAINT watch_account_id_interview_id_fkey FOREIGN KEY (account_id, interview_id) REFERENCES links.interviews(account_id, id) ON DELETE CASCADE;


ALTER TABLE ONLY views.watched
    ADD CONSTRAINT watched_account_id_interview_id_fkey FOREIGN KEY (account_id, interview_id) REFERENCES links.interviews(account_id, id) ON DELETE CASCADE;


ALTER TABLE sharelink.idempotent_answers ENABLE ROW LEVEL SECURITY;

ALTER TABLE sharelink.idempotent_usage ENABLE ROW LEVEL SECURITY;

CREATE POLICY own ON sharelink.idempotent_answers USING ((service = CURRENT_USER)) WITH CHECK ((service = CURRENT_USER));


CREATE POLICY own ON sharelink.idempotent_usage USING ((service = CURRENT_USER)) WITH CHECK ((service = CURRENT_USER));


GRANT USAGE ON SCHEMA console TO sharelink_links;
GRANT USAGE ON SCHEMA console TO sharelink_notifications;
GRANT USAGE ON SCHEMA console TO sharelink_console;


GRANT USAGE ON SCHEMA events TO sharelink_links;
GRANT USAGE ON SCHEMA events TO sharelink_views;
GRANT USAGE ON SCHEMA events TO sharelink_notifications;


GRANT USAGE ON SCHEMA links TO sharelink_links;
GRANT USAGE ON SCHEMA links TO sharelink_views;
GRANT USAGE ON SCHEMA links TO sharelink_notifications;
GRANT USAGE ON SCHEMA links TO sharelink_console;


GRANT USAGE ON SCHEMA notifications TO sharelink_links;
GRANT USAGE ON SCHEMA notifications TO sharelink_notifications;


GRANT USAGE ON SCHEMA sharelink TO sharelink_links;
GRANT USAGE ON SCHEMA sharelink TO sharelink_views;
GRANT USAGE ON SCHEMA sharelink TO sharelink_notifications;
GRANT USAGE ON SCHEMA sharelink TO sharelink_console;


GRANT USAGE ON SCHEMA views TO sharelink_links;
GRANT USAGE ON SCHEMA views TO sharelink_views;
GRANT USAGE ON SCHEMA views TO sharelink_notifications;


GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE console.sessions TO sharelink_console;


REVOKE ALL ON FUNCTION console.is_live(s console.sessions) FROM PUBLIC;
GRANT ALL ON FUNCTION console.is_live(s console.sessions) TO sharelink_console;


REVOKE ALL ON FUNCTION console.live_session(of_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION console.live_session(of_id text) TO sharelink_links;
GRANT ALL ON FUNCTION console.live_session(of_id text) TO sharelink_notifications;
GRANT ALL ON FUNCTION console.live_session(of_id text) TO sharelink_console;


REVOKE ALL ON FUNCTION console.session_interviews(of_session_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION console.session_interviews(of_session_id text) TO sharelink_links;
GRANT ALL ON FUNCTION console.session_interviews(of_session_id text) TO sharelink_notifications;


REVOKE ALL ON FUNCTION console.session_reaches(of_session_id text, kind text, id text) FROM PUBLIC;
GRANT ALL ON FUNCTION console.session_reaches(of_session_id text, kind text, id text) TO sharelink_links;
GRANT ALL ON FUNCTION console.session_reaches(of_session_id text, kind text, id text) TO sharelink_notifications;
GRANT ALL ON FUNCTION console.session_reaches(of_session_id text, kind text, id text) TO sharelink_console;


REVOKE ALL ON FUNCTION events.add_of_reviewers(ids text[], types text[], reviewer_ids text[], details jsonb[], request_ids text[], traceparents text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION events.add_of_reviewers(ids text[], types text[], reviewer_ids text[], details jsonb[], request_ids text[], traceparents text[]) TO sharelink_views;


GRANT SELECT,INSERT ON TABLE events.log TO sharelink_links;
GRANT SELECT ON TABLE events.log TO sharelink_notifications;


REVOKE ALL ON FUNCTION events.make_partitions(months_ahead integer, OUT made integer, OUT faults text) FROM PUBLIC;
GRANT ALL ON FUNCTION events.make_partitions(months_ahead integer, OUT made integer, OUT faults text) TO sharelink_notifications;


GRANT SELECT ON TABLE links.accounts TO sharelink_links;


GRANT UPDATE(name) ON TABLE links.accounts TO sharelink_links;


GRANT UPDATE(default_settings) ON TABLE links.accounts TO sharelink_links;


GRANT UPDATE(default_expires_value) ON TABLE links.accounts TO sharelink_links;


GRANT UPDATE(default_expires_unit) ON TABLE links.accounts TO sharelink_links;


GRANT UPDATE(default_sender_name) ON TABLE links.accounts TO sharelink_links;


GRANT UPDATE(brand_name) ON TABLE links.accounts TO sharelink_links;


GRANT UPDATE(brand_accent) ON TABLE links.accounts TO sharelink_links;


GRANT UPDATE(brand_logo_url) ON TABLE links.accounts TO sharelink_links;


GRANT UPDATE(brand_logo) ON TABLE links.accounts TO sharelink_links;


GRANT UPDATE(locale) ON TABLE links.accounts TO sharelink_links;


GRANT UPDATE(console_url) ON TABLE links.accounts TO sharelink_links;


GRANT UPDATE(console_origins) ON TABLE links.accounts TO sharelink_links;


GRANT UPDATE(version) ON TABLE links.accounts TO sharelink_links;


GRANT UPDATE(updated_at) ON TABLE links.accounts TO sharelink_links;


GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE links.share_links TO sharelink_links;


REVOKE ALL ON FUNCTION links.console_account(of_account_id text, interview_ids text[], of_share_link_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION links.console_account(of_account_id text, interview_ids text[], of_share_link_id text) TO sharelink_console;


REVOKE ALL ON FUNCTION links.count_document_change() FROM PUBLIC;


GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE links.email_templates TO sharelink_links;


REVOKE ALL ON FUNCTION links.has_room(of_account_id text, of_interview_id text, growth bigint, content_max bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION links.has_room(of_account_id text, of_interview_id text, growth bigint, content_max bigint) TO sharelink_views;


REVOKE ALL ON FUNCTION links.hold_document(of_account_id text, of_interview_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION links.hold_document(of_account_id text, of_interview_id text) TO sharelink_views;


REVOKE ALL ON FUNCTION links.hold_interviews(of_account_id text, of_interview_ids text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION links.hold_interviews(of_account_id text, of_interview_ids text[]) TO sharelink_links;
GRANT ALL ON FUNCTION links.hold_interviews(of_account_id text, of_interview_ids text[]) TO sharelink_views;


GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE links.interviews TO sharelink_links;


REVOKE ALL ON FUNCTION links.interviews_of_owner(of_account_id text, of_owner_email text) FROM PUBLIC;


REVOKE ALL ON FUNCTION links.live_api_key(of_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION links.live_api_key(of_id text) TO sharelink_links;
GRANT ALL ON FUNCTION links.live_api_key(of_id text) TO sharelink_notifications;
GRANT ALL ON FUNCTION links.live_api_key(of_id text) TO sharelink_console;


GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE links.share_link_interviews TO sharelink_links;


REVOKE ALL ON FUNCTION links.note_document_change(of_account_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION links.note_document_change(of_account_id text) TO sharelink_views;


REVOKE ALL ON FUNCTION links.owner_has(of_account_id text, of_owner_email text, kind text, of_id text) FROM PUBLIC;


GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE links.reviewers TO sharelink_links;


GRANT SELECT,INSERT,UPDATE ON TABLE notifications.deliveries TO sharelink_notifications;


GRANT SELECT ON TABLE notifications.invitations TO sharelink_links;


GRANT SELECT,INSERT,UPDATE ON TABLE views.activity TO sharelink_views;


GRANT SELECT,INSERT,UPDATE ON TABLE views.reviews TO sharelink_views;


GRANT SELECT ON TABLE views.published_reviews TO sharelink_links;
GRANT SELECT ON TABLE views.published_reviews TO sharelink_notifications;


GRANT SELECT,INSERT,UPDATE ON TABLE views.watch TO sharelink_views;


GRANT SELECT ON TABLE views.reviewer_activity TO sharelink_links;
GRANT SELECT ON TABLE views.reviewer_activity TO sharelink_notifications;


REVOKE ALL ON FUNCTION links.set_logo(of_account_id text, of_url text, digest text) FROM PUBLIC;
GRANT ALL ON FUNCTION links.set_logo(of_account_id text, of_url text, digest text) TO sharelink_views;


REVOKE ALL ON FUNCTION links.switch_off_reviewer(of_reviewer_id text, reason jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION links.switch_off_reviewer(of_reviewer_id text, reason jsonb) TO sharelink_views;


REVOKE ALL ON FUNCTION links.take_access_request(of_reviewer_id text, mails_max integer) FROM PUBLIC;
GRANT ALL ON FUNCTION links.take_access_request(of_reviewer_id text, mails_max integer) TO sharelink_views;


GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE notifications.webhook_endpoints TO sharelink_notifications;


REVOKE ALL ON FUNCTION notifications.close_gathering() FROM PUBLIC;


REVOKE ALL ON FUNCTION notifications.drop_mails_of_candidate(of_account_id text, of_interview_id text, share_link_ids text[], emptied_ids text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION notifications.drop_mails_of_candidate(of_account_id text, of_interview_id text, share_link_ids text[], emptied_ids text[]) TO sharelink_links;


GRANT SELECT ON TABLE links.mail_links TO sharelink_notifications;


GRANT SELECT,INSERT,UPDATE ON TABLE notifications.preferences TO sharelink_notifications;


GRANT DELETE ON TABLE sharelink.idempotent_answers TO sharelink_links;
GRANT DELETE ON TABLE sharelink.idempotent_answers TO sharelink_notifications;
GRANT DELETE ON TABLE sharelink.idempotent_answers TO sharelink_console;


GRANT SELECT(id),INSERT(id) ON TABLE sharelink.idempotent_answers TO sharelink_links;
GRANT SELECT(id),INSERT(id) ON TABLE sharelink.idempotent_answers TO sharelink_notifications;
GRANT SELECT(id),INSERT(id) ON TABLE sharelink.idempotent_answers TO sharelink_console;


GRANT SELECT(service) ON TABLE sharelink.idempotent_answers TO sharelink_links;
GRANT SELECT(service) ON TABLE sharelink.idempotent_answers TO sharelink_notifications;
GRANT SELECT(service) ON TABLE sharelink.idempotent_answers TO sharelink_console;


GRANT SELECT(box),INSERT(box),UPDATE(box) ON TABLE sharelink.idempotent_answers TO sharelink_links;
GRANT SELECT(box),INSERT(box),UPDATE(box) ON TABLE sharelink.idempotent_answers TO sharelink_notifications;
GRANT SELECT(box),INSERT(box),UPDATE(box) ON TABLE sharelink.idempotent_answers TO sharelink_console;


GRANT SELECT(about),INSERT(about),UPDATE(about) ON TABLE sharelink.idempotent_answers TO sharelink_links;
GRANT SELECT(about),INSERT(about),UPDATE(about) ON TABLE sharelink.idempotent_answers TO sharelink_notifications;
GRANT SELECT(about),INSERT(about),UPDATE(about) ON TABLE sharelink.idempotent_answers TO sharelink_console;


GRANT SELECT(created_at),UPDATE(created_at) ON TABLE sharelink.idempotent_answers TO sharelink_links;
GRANT SELECT(created_at),UPDATE(created_at) ON TABLE sharelink.idempotent_answers TO sharelink_notifications;
GRANT SELECT(created_at),UPDATE(created_at) ON TABLE sharelink.idempotent_answers TO sharelink_console;


GRANT SELECT,INSERT,UPDATE ON TABLE sharelink.idempotent_usage TO sharelink_links;
GRANT SELECT,INSERT,UPDATE ON TABLE sharelink.idempotent_usage TO sharelink_notifications;
GRANT SELECT,INSERT,UPDATE ON TABLE sharelink.idempotent_usage TO sharelink_console;


REVOKE ALL ON FUNCTION sharelink.forget_idempotent_answers(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION sharelink.forget_idempotent_answers(most integer) TO sharelink_notifications;


REVOKE ALL ON FUNCTION sharelink.has_schema(of_digest text, of_version text) FROM PUBLIC;
GRANT ALL ON FUNCTION sharelink.has_schema(of_digest text, of_version text) TO sharelink_links;
GRANT ALL ON FUNCTION sharelink.has_schema(of_digest text, of_version text) TO sharelink_views;
GRANT ALL ON FUNCTION sharelink.has_schema(of_digest text, of_version text) TO sharelink_notifications;
GRANT ALL ON FUNCTION sharelink.has_schema(of_digest text, of_version text) TO sharelink_console;


REVOKE ALL ON FUNCTION sharelink.idempotent_answer_now(of_id bytea, is_locked boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION sharelink.idempotent_answer_now(of_id bytea, is_locked boolean) TO sharelink_links;
GRANT ALL ON FUNCTION sharelink.idempotent_answer_now(of_id bytea, is_locked boolean) TO sharelink_notifications;
GRANT ALL ON FUNCTION sharelink.idempotent_answer_now(of_id bytea, is_locked boolean) TO sharelink_console;


REVOKE ALL ON FUNCTION views.erase_feedback(of_account_id text, of_interview_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION views.erase_feedback(of_account_id text, of_interview_id text) TO sharelink_links;


REVOKE ALL ON FUNCTION views.erase_notes(of_reviewer_ids text[], candidate_name text, emptied_share_link_ids text[], OUT many integer, OUT share_link_ids text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION views.erase_notes(of_reviewer_ids text[], candidate_name text, emptied_share_link_ids text[], OUT many integer, OUT share_link_ids text[]) TO sharelink_links;


REVOKE ALL ON FUNCTION views.follow_interviews() FROM PUBLIC;


REVOKE ALL ON FUNCTION views.follow_links() FROM PUBLIC;


REVOKE ALL ON FUNCTION views.forget_guesses(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION views.forget_guesses(most integer) TO sharelink_links;


REVOKE ALL ON FUNCTION views.hold_notes(of_account_id text, candidate_name text, of_share_link_ids text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION views.hold_notes(of_account_id text, candidate_name text, of_share_link_ids text[]) TO sharelink_links;


GRANT SELECT,INSERT,UPDATE ON TABLE views.visits TO sharelink_views;


REVOKE ALL ON FUNCTION views.store_logo(of_fetch_id bigint, holder text, of_version integer, new_digest text, new_type text, new_bytes bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION views.store_logo(of_fetch_id bigint, holder text, of_version integer, new_digest text, new_type text, new_bytes bytea) TO sharelink_views;


REVOKE ALL ON FUNCTION views.store_transcript(of_fetch_id bigint, holder text, of_version integer, new_lines jsonb, kb_max integer, content_max bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION views.store_transcript(of_fetch_id bigint, holder text, of_version integer, new_lines jsonb, kb_max integer, content_max bigint) TO sharelink_views;


REVOKE ALL ON FUNCTION views.want_logo(of_account_id text, of_url text) FROM PUBLIC;
GRANT ALL ON FUNCTION views.want_logo(of_account_id text, of_url text) TO sharelink_links;


GRANT SELECT,INSERT,UPDATE ON TABLE views.guesses TO sharelink_views;


GRANT SELECT ON TABLE links.content_states TO sharelink_views;


GRANT SELECT ON TABLE links.doors TO sharelink_views;


GRANT SELECT ON TABLE notifications.failed_invitations TO sharelink_links;


GRANT SELECT,INSERT,UPDATE ON TABLE views.access_requests TO sharelink_views;


GRANT SELECT ON TABLE views.published_access_requests TO sharelink_links;


GRANT SELECT ON TABLE views.reviewer_progress TO sharelink_links;


GRANT SELECT ON TABLE links.link_attention TO sharelink_links;


GRANT SELECT ON TABLE links.mail_accounts TO sharelink_notifications;


GRANT SELECT ON TABLE links.mail_contexts TO sharelink_links;
GRANT SELECT ON TABLE links.mail_contexts TO sharelink_notifications;


GRANT SELECT ON TABLE links.mail_interviews TO sharelink_notifications;


GRANT SELECT ON TABLE links.mail_people TO sharelink_notifications;


GRANT SELECT ON TABLE links.mail_questions TO sharelink_notifications;


GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE links.mail_requests TO sharelink_links;


GRANT SELECT ON TABLE links.mail_reviewers TO sharelink_notifications;


GRANT SELECT ON TABLE links.reviewer_documents TO sharelink_links;


GRANT SELECT ON TABLE links.share_link_documents TO sharelink_links;


GRANT SELECT,INSERT,UPDATE ON TABLE views.link_activity TO sharelink_views;


GRANT SELECT ON TABLE views.share_link_activity TO sharelink_links;


GRANT SELECT ON TABLE links.share_link_summaries TO sharelink_links;


GRANT SELECT ON TABLE links.shared_interviews TO sharelink_views;


GRANT SELECT ON TABLE links.webhook_links TO sharelink_notifications;


GRANT SELECT,UPDATE ON TABLE notifications.cursors TO sharelink_notifications;


GRANT SELECT,INSERT ON TABLE notifications.dead_entries TO sharelink_notifications;


GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE notifications.gatherings TO sharelink_notifications;


GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE notifications.settled TO sharelink_notifications;


GRANT SELECT,UPDATE ON TABLE views.fetches TO sharelink_views;


GRANT SELECT ON TABLE views.logos TO sharelink_views;


GRANT SELECT ON TABLE views.published_visits TO sharelink_links;


GRANT SELECT ON TABLE views.published_watch TO sharelink_links;


GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE views.review_revisions TO sharelink_views;


GRANT SELECT ON TABLE views.shown_interviews TO sharelink_views;


GRANT SELECT ON TABLE views.transcripts TO sharelink_views;


GRANT SELECT ON TABLE views.transcript_sizes TO sharelink_links;


GRANT SELECT ON TABLE views.wanted_logos TO sharelink_links;


GRANT SELECT,INSERT,UPDATE ON TABLE views.watched TO sharelink_views;


--
-- PostgreSQL database dump complete
--


alter role sharelink_console in database :"DBNAME" set enable_seqscan = 'off';
alter role sharelink_console in database :"DBNAME" set idle_in_transaction_session_timeout = '5s';
alter role sharelink_console in database :"DBNAME" set jit = 'off';
alter role sharelink_console in database :"DBNAME" set lock_timeout = '150ms';
alter role sharelink_console in database :"DBNAME" set plan_cache_mode = 'force_generic_plan';
alter role sharelink_console in database :"DBNAME" set statement_timeout = '5s';
alter role sharelink_links in database :"DBNAME" set enable_seqscan = 'off';
alter role sharelink_links in database :"DBNAME" set idle_in_transaction_session_timeout = '5s';
alter role sharelink_links in database :"DBNAME" set jit = 'off';
alter role sharelink_links in database :"DBNAME" set lock_timeout = '150ms';
alter role sharelink_links in database :"DBNAME" set statement_timeout = '5s';
alter role sharelink_notifications in database :"DBNAME" set enable_bitmapscan = 'off';
alter role sharelink_notifications in database :"DBNAME" set enable_seqscan = 'off';
alter role sharelink_notifications in database :"DBNAME" set idle_in_transaction_session_timeout = '5s';
alter role sharelink_notifications in database :"DBNAME" set jit = 'off';
alter role sharelink_notifications in database :"DBNAME" set lock_timeout = '150ms';
alter role sharelink_notifications in database :"DBNAME" set plan_cache_mode = 'force_generic_plan';
alter role sharelink_notifications in database :"DBNAME" set statement_timeout = '5s';
alter role sharelink_views in database :"DBNAME" set enable_seqscan = 'off';
alter role sharelink_views in database :"DBNAME" set idle_in_transaction_session_timeout = '5s';
alter role sharelink_views in database :"DBNAME" set jit = 'off';
alter role sharelink_views in database :"DBNAME" set lock_timeout = '150ms';
alter role sharelink_views in database :"DBNAME" set plan_cache_mode = 'force_generic_plan';
alter role sharelink_views in database :"DBNAME" set statement_timeout = '5s';
