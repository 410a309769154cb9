-- What other services ask of a session: whether it lives, and what it reaches. They read no table of ours.

-- Whether a session is over: by its time, ended, or with the key that asked for it.
create or replace function console.is_live(s console.sessions) returns boolean
language sql stable as $$
    select s.ended_at is null and s.expires_at > now() and exists (select from links.live_api_key(s.key_id))
$$;

-- Published: a session that lives, for the check of its tokens.
create or replace function console.live_session(of_id text)
returns table (token_hashes bytea[], account_id text, plan text, recruiter_email text, recruiter_name text, time_zone text,
               may text, sees_all boolean, is_from_mail boolean)
language sql stable security definer rows 1 set search_path = pg_catalog, pg_temp as $$
    select s.token_hashes, s.account_id, k.plan, s.recruiter_email, s.recruiter_name, s.time_zone, array_to_string(s.may, ' '),
           s.sees = 'all', s.is_from_mail
    from console.sessions s
    cross join lateral links.live_api_key(s.key_id) k
    where s.id = of_id and console.is_live(s)
$$;

-- Published: whether a share link, or an interview, is one that the session may know of. No session is the caller with a key: it
-- reaches all of its account, which its statements ask for besides. What has no link (id null) is the account's.
create or replace function console.session_reaches(of_session_id text, kind text, id text) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
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

-- Published: the interviews that a session with a recruiter's own view reaches.
create or replace function console.session_interviews(of_session_id text) returns setof text
language sql stable security definer rows 100 set search_path = pg_catalog, pg_temp as $$
    select unnest(s.interview_ids) from console.sessions s where s.id = of_session_id and not s.is_from_mail
    union
    select o.id from console.sessions s
    cross join lateral links.interviews_of_owner(s.account_id, s.recruiter_email) o (id)
    where s.id = of_session_id and not s.is_from_mail
$$;
