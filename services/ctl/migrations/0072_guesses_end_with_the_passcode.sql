-- A new passcode ends the pauses that guesses at the old one have led to. And when a whole link pauses, it is for minutes.

alter table views.guesses add column passcode_epoch int not null default 0;

drop function views.note_guess(text, text, int, int, int, int, int);

-- Takes one wrong try into account. The row of all networks is locked first, so that two of these never wait for each other
-- in a circle. is_judged: it was within the limits. begins_pause: it was the one that pauses the link.
create function views.note_guess(of_reviewer_id text, epoch int, from_network text, most_here int, most int, window_s int,
                                 pause_here_s int, pause_s int, pause_most_s int)
returns table (is_judged boolean, tries int, begins_pause boolean, paused_until timestamptz)
language plpgsql volatile as $$
declare
    everywhere views.guesses := views.locked_guesses(of_reviewer_id, epoch, '');
    here       views.guesses := views.locked_guesses(of_reviewer_id, epoch, from_network);
begin
    is_judged := not coalesce(everywhere.paused_until > now(), false) and not coalesce(here.paused_until > now(), false);
    begins_pause := false;
    if is_judged then
        everywhere := views.with_guess(everywhere, most, window_s, pause_s, pause_most_s);
        here := views.with_guess(here, most_here, window_s, pause_here_s, pause_most_s);
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

-- The row of a network, made where it is missing, locked, and empty when it is of an older passcode.
create function views.locked_guesses(of_reviewer_id text, epoch int, of_network text) returns views.guesses
language plpgsql volatile as $$
declare
    row views.guesses;
begin
    insert into views.guesses as g (reviewer_id, network, passcode_epoch) values (of_reviewer_id, of_network, epoch)
    on conflict on constraint guesses_pkey do update set tries = g.tries returning g.* into row;
    if row.passcode_epoch <> epoch then
        update views.guesses g set tries = 0, since = now(), pauses = 0, paused_until = null, passcode_epoch = epoch
        where g.reviewer_id = of_reviewer_id and g.network = of_network
        returning g.* into row;
    end if;
    return row;
end
$$;
