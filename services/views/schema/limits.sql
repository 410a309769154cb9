-- Guessing and unusual activity: what docs/limits.md tells of. In PL/pgSQL, which keeps its plans, where a function in SQL that
-- is not inlined is planned anew for each statement.

-- The row with one more wrong try, or as it is during a pause: then it was not judged. A pause is twice as long as the one
-- before, until a day passes without any.
create or replace function views.with_guess(g views.guesses, most int, window_s int, pause_s int, pause_most_s int) returns views.guesses
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

-- Makes the row of a budget where it is missing, locks it, and empties it when it is of an older passcode: a new one ends the
-- pauses that guesses at the old one have led to.
create or replace function views.lock_guesses(of_reviewer_id text, epoch int, of_budget text) returns void
language plpgsql volatile as $$
begin
    insert into views.guesses as g (reviewer_id, budget, passcode_epoch) values (of_reviewer_id, of_budget, epoch)
    on conflict on constraint guesses_pkey do update set tries = g.tries;
    update views.guesses g set tries = 0, since = now(), pauses = 0, paused_until = null, passcode_epoch = epoch
    where g.reviewer_id = of_reviewer_id and g.budget = of_budget and g.passcode_epoch <> epoch;
end
$$;

-- Takes one wrong try into account; its rows are locked. Who is known pays with its own budget alone, and guesses of others are
-- nothing to it. is_judged: it was within the limits. begins_pause: it was the one that pauses the link for those not known.
create or replace function views.note_guess(of_reviewer_id text, of_budget text, is_known boolean, most_here int, most int, window_s int,
                                            pause_here_s int, pause_s int, pause_most_s int)
returns table (is_judged boolean, tries int, begins_pause boolean, paused_until timestamptz)
language plpgsql volatile as $$
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

-- Old rows, some at a time. Published for the links service's scheduler.
create or replace function views.forget_guesses(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
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

-- The usage of a reviewer's link after so many more opens; fresh: the networks they came from, with the time as seconds.
create or replace function views.usage_after(a views.activity, epoch int, many int, fresh jsonb)
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

-- Why a reviewer's link is switched off, as the API and the mail tell it.
create or replace function views.unusual_evidence(a views.activity, most_opens int, most_networks int) returns jsonb
language sql stable as $$
    select case when a.hour_opens > most_opens
        then jsonb_build_object('rule', 'opens', 'count', a.hour_opens, 'threshold', most_opens, 'window_seconds', 3600,
                                'since', sharelink.rfc3339(a.hour_since))
        else jsonb_build_object('rule', 'networks', 'count', a.network_count, 'threshold', most_networks, 'window_seconds', 86400,
                                'networks', (select jsonb_agg(n.key order by n.key)
                                             from (select key from jsonb_object_keys(a.networks) as key limit 20) n))
    end
$$;

-- Takes a reviewer's turn to ask for a new link, once an hour, and then the mail that tells the owner. is_taken: both are; retry_s: the
-- owner gets no more now, and the turn is given back. The turn comes first: whoever asks many times at once takes one mail at most.
create or replace function views.take_access_request(of_reviewer_id text, mails_max int, out is_taken boolean, out retry_s int)
language plpgsql volatile as $$
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
