-- Guessing and unusual activity: what docs/limits.md tells of.

-- Wrong tries at a reviewer's link, by the network that they came from; '' stands for all networks together. A row holds one
-- window of tries and the last pause that they led to.
create table views.guesses (
    reviewer_id  text        not null collate "C",
    network      text        not null collate "C",
    tries        int         not null default 0,
    since        timestamptz not null default now(),
    pauses       int         not null default 0,
    paused_until timestamptz,
    primary key (reviewer_id, network)
) with (fillfactor = 80);
create index guesses_by_time on views.guesses (since);

-- The row with one more wrong try, or as it is during a pause: then it was not judged. A pause is twice as long as the one
-- before, until a day passes without any.
create function views.with_guess(g views.guesses, most int, window_s int, pause_s int, pause_most_s int) returns views.guesses
language plpgsql stable as $$
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

-- Takes one wrong try into account. The row of all networks is locked first, so that two of these never wait for each other
-- in a circle. is_judged: it was within the limits. begins_pause: it was the one that pauses the link.
create function views.note_guess(of_reviewer_id text, from_network text, most_here int, most int, window_s int, pause_s int, pause_most_s int)
returns table (is_judged boolean, tries int, begins_pause boolean, paused_until timestamptz)
language plpgsql volatile as $$
declare
    everywhere views.guesses;
    here       views.guesses;
begin
    insert into views.guesses as g (reviewer_id, network) values (of_reviewer_id, '')
    on conflict on constraint guesses_pkey do update set tries = g.tries returning g.* into everywhere;
    insert into views.guesses as g (reviewer_id, network) values (of_reviewer_id, from_network)
    on conflict on constraint guesses_pkey do update set tries = g.tries returning g.* into here;
    is_judged := not coalesce(everywhere.paused_until > now(), false) and not coalesce(here.paused_until > now(), false);
    begins_pause := false;
    if is_judged then
        everywhere := views.with_guess(everywhere, most, window_s, pause_s, pause_most_s);
        here := views.with_guess(here, most_here, window_s, pause_s, pause_most_s);
        begins_pause := everywhere.tries >= most;
        update views.guesses g
        set tries = n.tries, since = n.since, pauses = n.pauses, paused_until = n.paused_until
        from (select (everywhere).* union all select (here).*) n
        where g.reviewer_id = n.reviewer_id and g.network = n.network;
    end if;
    tries := everywhere.tries;
    paused_until := greatest(everywhere.paused_until, here.paused_until);
    return next;
end
$$;

-- Old rows, some at a time. Published for the links service's scheduler.
create function views.forget_guesses(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    forgotten int;
begin
    delete from views.guesses
    where ctid = any (array(
        select g.ctid from views.guesses g
        where g.since < now() - interval '2 days' and (g.paused_until is null or g.paused_until < now() - interval '1 day')
        order by g.since limit most for update skip locked));
    get diagnostics forgotten = row_count;
    return forgotten;
end
$$;
revoke execute on function views.forget_guesses(int) from public;
grant execute on function views.forget_guesses(int) to sharelink_links;
grant select, insert, update on views.guesses to sharelink_views;

-- How a reviewer's link is used with the right passcode: opens in the hour that began at hour_since, and when each network was
-- last seen (as seconds, at most an hour late). They start afresh with a new passcode.
alter table views.activity
    add column usage_epoch   int         not null default 0,
    add column hour_since    timestamptz not null default now(),
    add column hour_opens    int         not null default 0,
    add column networks      jsonb       not null default '{}',
    add column network_count int         not null default 0;

-- plpgsql keeps its plans, where a function in SQL that is not inlined is planned anew for each statement.
create function views.usage_after(a views.activity, epoch int, many int, fresh jsonb)
returns table (hour_since timestamptz, hour_opens int, networks jsonb, network_count int)
language plpgsql stable as $$
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

create function views.unusual_evidence(a views.activity, most_opens int, most_networks int) returns jsonb
language sql stable as $$
    select case when a.hour_opens > most_opens
        then jsonb_build_object('rule', 'opens', 'count', a.hour_opens, 'threshold', most_opens, 'window_seconds', 3600,
                                'since', sharelink.rfc3339(a.hour_since))
        else jsonb_build_object('rule', 'networks', 'count', a.network_count, 'threshold', most_networks, 'window_seconds', 86400,
                                'networks', (select jsonb_agg(n.key order by n.key)
                                             from (select key from jsonb_object_keys(a.networks) as key limit 20) n))
    end
$$;

-- Published for the views service: one reviewer's link is off, and why. False when it was off already.
create function links.switch_off_reviewer(of_reviewer_id text, reason jsonb) returns boolean
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
revoke execute on function links.switch_off_reviewer(text, jsonb) from public;
grant execute on function links.switch_off_reviewer(text, jsonb) to sharelink_views;

create or replace view links.doors as
select r.token_hash, r.id as reviewer_id, r.name as reviewer_name, r.passcode_hash, r.passcode_epoch,
       l.id as share_link_id, l.account_id, l.expires_at, l.owner_name as sender_name, l.media_salt,
       links.state_of(coalesce(l.deactivated_at, r.deactivated_at), l.expires_at) as state,
       l.abbreviate_names, l.omit_avatars, l.exclude_full_profiles, l.hide_skipped_questions, l.disable_feedback,
       l.mask_questionnaire, l.kind
from links.reviewers r
join links.share_links l on l.id = r.share_link_id;

-- A reviewer as the API shows one, and why the link of one who is off is off.
create or replace function links.reviewer_json(reviewer links.reviewers, activity views.reviewer_activity, invitation notifications.invitations)
returns json
language sql stable as $$
    select json_build_object(
        'id', reviewer.id,
        'name', reviewer.name,
        'email', reviewer.email,
        'state', case when reviewer.deactivated_at is null then 'active' else 'deactivated' end,
        'state_reason', reviewer.state_reason,
        'invited_at', sharelink.rfc3339(invitation.sent_at),
        'invitation_state', coalesce(invitation.state, case when reviewer.invitation_requested_at is null then 'none' else 'pending' end),
        'first_opened_at', sharelink.rfc3339(activity.first_opened_at),
        'last_opened_at', sharelink.rfc3339(activity.last_opened_at),
        'open_count', coalesce(activity.open_count, 0),
        'reviewed_count', (
            select count(*)::int
            from views.published_reviews p
            join links.share_link_interviews m on m.share_link_id = p.share_link_id and m.interview_id = p.interview_id
            where p.reviewer_id = reviewer.id))
$$;

-- The visit of a session that is alive and was seen in the last 30 minutes: it goes on.
create function views.continue_visit(of_session_hash bytea, of_reviewer_id text, epoch int) returns text
language plpgsql volatile as $$
declare
    found_id text;
begin
    update views.visits v set last_seen_at = now()
    where v.session_hash = of_session_hash and v.reviewer_id = of_reviewer_id and v.passcode_epoch = epoch
      and v.opened_at > now() - interval '12 hours' and v.last_seen_at > now() - interval '30 minutes'
    returning v.id into found_id;
    return found_id;
end
$$;

-- What the views service sends finds rows by their keys, whoever asks and however many there are: one plan serves all, and
-- making it anew for a big statement costs several times what running it does. A plan that was made when tables were small
-- must not read them whole when they are not.
do $$
begin
    execute format('alter role sharelink_views in database %I set plan_cache_mode = force_generic_plan', current_database());
    execute format('alter role sharelink_views in database %I set enable_seqscan = off', current_database());
end
$$;
