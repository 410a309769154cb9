-- What all services share: public ids, times, the event log's events and partitions, kept answers, and the state of the schema.

-- A prefix and 26 characters, as common/data/id.h has it: RFC 9562's version 7 in Crockford's base32, five bits a digit. Of the
-- UUID's 128 bits and the two zero bits before them, ten digits are the milliseconds; the other sixteen are the version and what
-- follows it in a version 4.
create or replace function sharelink.new_id(prefix text) returns text
language plpgsql volatile as $$
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

-- Less than each id that is made from that time on, and more than those from before.
create or replace function sharelink.first_id(prefix text, at timestamptz) returns text
language plpgsql immutable strict as $$
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

-- The form of every time in the API; null for null.
create or replace function sharelink.rfc3339(at timestamptz) returns text
language sql stable
return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');

-- The API takes times with an offset alone, so what they mean depends on no setting. In PL/pgSQL, which keeps its plan: a SQL function
-- that is not inlined is planned by each statement, and begun for each row.
create or replace function sharelink.time_of(rfc3339 text) returns timestamptz
language plpgsql immutable strict as $$
begin
    return rfc3339::timestamptz;
end
$$;

-- The time of a change, for what has a version: taken when the row is changed, and after that of the change before. now() is when the
-- transaction began, and two that waited for each other can be later the other way round: who follows updated_at would not see it.
create or replace function sharelink.note_change() returns trigger
language plpgsql as $$
begin
    new.updated_at := greatest(clock_timestamp(), old.updated_at + interval '1 microsecond');
    return new;
end
$$;

-- --- what is searched ---
--
-- Texts are searched folded, and sorted by Unicode's root collation ("und-x-icu"). services/views/pages/text.js does the same for
-- the page, and tests/blackbox/support/folded.json says for both what is equal to what. Columns named searched are stored folded: a
-- change of sharelink.folded needs a migration that makes them anew.

-- A text without what people leave out or write another way: case, marks, forms of a letter, and what is drawn as nothing. Scripts
-- whose vowels are marks keep them. Most texts are ASCII, and done at once. To replace the marks that most of the others have is ten
-- times as fast as to match them.
create or replace function sharelink.folded(value text) returns text
language plpgsql immutable parallel safe strict as $$
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

-- A label of a host name in its own script, from its ASCII form (RFC 3492: "bcher-kva" is bücher); as it is when it is none.
create or replace function sharelink.punycode_decoded(label text) returns text
language plpgsql immutable strict as $$
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

-- What is searched of a person: the name, and the address both as it is stored and with its host name in its own script. Few host names
-- have one, and an expression without a subquery is done without a plan.
create or replace function sharelink.person_searched(name text, address text) returns text
language plpgsql immutable as $$
begin
    if address like '%xn--%' then
        return sharelink.folded(name || E'\n' || address || E'\n' || split_part(address, '@', 1) || '@'
            || (select string_agg(sharelink.punycode_decoded(label), '.' order by place)
                from unnest(string_to_array(split_part(address, '@', 2), '.')) with ordinality labels (label, place)));
    end if;
    return sharelink.folded(name || coalesce(E'\n' || address, ''));
end
$$;

-- The words of a search as patterns for LIKE, the longest first: it is the one that an index finds the fewest rows by. Each has to be
-- found somewhere; their order and what lies between them do not matter. Without a word, everything is found.
create or replace function sharelink.search_patterns(search text) returns text[]
language plpgsql immutable parallel safe strict as $$
declare
    patterns constant text[] := array(
        select '%' || regexp_replace(word, '([\\%_])', '\\\1', 'g') || '%'
        from (select distinct word from regexp_split_to_table(sharelink.folded(search), '\s+') word where word <> '') words
        order by length(word) desc, word);
begin
    return case patterns when '{}' then '{%}' else patterns end;
end
$$;

-- The event as it goes over the streams: CloudEvents 1.0, structured JSON.
create or replace function events.cloud_event(event events.log) returns text
language sql stable as $$
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

-- Published for the views service, which faces the internet: adds events of what reviewers do, and of no other types. Whose they
-- are is read from the reviewer's link, and details may hold what their type has and no more. An event of a link that has just
-- been deleted is left out.
create or replace function events.add_of_reviewers(ids text[], types text[], reviewer_ids text[], details jsonb[], request_ids text[],
                                                   traceparents text[])
returns table (id text, type text, cloud_event text)
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp
as $$
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

-- Makes the partitions that are missing, month by month: what keeps one from being made is told in faults, and stops no other.
-- A partition takes the log for itself alone. Whoever waits for that, behind a dump, makes all others wait behind it: so
-- briefly, and with the rows of the default partition looked through before. Called by the sweep.
create or replace function events.make_partitions(months_ahead int, out made int, out faults text)
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '100ms'
as $$
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

-- Whether this tag is none of those that If-Match names (common/http/conditional.h), divided by commas; null when it takes any.
create or replace function sharelink.is_other(tag text, tags text) returns boolean
language sql immutable
return tag <> all (string_to_array(tags, ','));

-- True. PostgreSQL promises no order among the parts of a statement, but that a value is there before what is made of it. So what
-- must come later takes an argument "case when sharelink.after(count) then …", with the count of the rows that another part locks
-- or changes: its call then waits for that part. In PL/pgSQL and volatile, so that no plan leaves the count out.
create or replace function sharelink.after(many bigint) returns boolean
language plpgsql volatile as $$
begin
    return true;
end
$$;

-- The number by which a key's advisory lock is taken: the digest's first eight bytes, the least first (common/daemon/idempotency.c).
create or replace function sharelink.number_of_key(id bytea) returns bigint
language sql immutable
return (select bit_or(get_byte(id, i)::bigint << 8 * i) from generate_series(0, 7) as i);

-- Volatile, so that it sees what was committed when it is called: that is after its caller has taken the key's lock, and
-- not when the statement began.
create or replace function sharelink.idempotent_answer_now(of_id bytea, is_locked boolean) returns setof bytea
language sql volatile rows 1 as $$
    select box from sharelink.idempotent_answers
    where is_locked and id = of_id and created_at > now() - interval '24 hours'
$$;

-- Forgets stored answers that are older than a day, of all services. Each request with a key takes a few with it; this is for
-- those that no request comes after. Called once an hour by the notifications service's housekeeping.
create or replace function sharelink.forget_idempotent_answers(most int) returns int
language sql volatile security definer set search_path = pg_catalog, pg_temp
begin atomic
    with gone as (
        delete from sharelink.idempotent_answers a
        where a.id in (select o.id from sharelink.idempotent_answers o
                       where o.created_at <= now() - interval '24 hours'
                       order by o.created_at limit most for update skip locked)
        returning 1
    ),
    past as (
        delete from sharelink.idempotent_usage u
        where u.ctid = any (array(select o.ctid from sharelink.idempotent_usage o where o.hour <= now() - interval '25 hours'
                                  order by o.hour limit most for update skip locked))
    )
    select count(*)::int from gone;
end;

-- A daemon is ready only when this database has, or has had, the schema that the daemon was built with, or has that of a newer
-- release: a later schema serves the release before. It may ask that, and no more.
create or replace function sharelink.has_schema(of_digest text, of_version text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select exists (
        select from public.sharelink_schema s
        where s.kind = 'schema'
          and (s.name = of_digest
               or string_to_array(substring(s.version from '^[0-9.]+'), '.')::int[]
                  > string_to_array(substring(of_version from '^[0-9.]+'), '.')::int[]))
$$;
