-- Opens. In PL/pgSQL, where rows are locked in the order of the lines: guesses, visits that go on, the reviewers' activity, links
-- that are switched off, the links' activity; and of each kind in the order of their keys. So two batches never wait for each
-- other in a circle, nor for others (docs/architecture.md, "In which order rows are locked"). PostgreSQL promises no order of the parts
-- of one statement.

-- Locks all rows that these tries are counted in, in the order of their keys.
create or replace function views.lock_budgets(tries views.try[]) returns void
language plpgsql volatile as $$
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

-- Counts the opens of basic links, by their networks, and refuses those of an hour that are too many. Their rows are locked.
create or replace function views.note_basic_opens(tries views.try[], opens_max int) returns views.try[]
language plpgsql volatile as $$
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

-- Takes the wrong tries into account; their rows are locked. A right one behind wrong ones of the same batch is behind the pause that they have led to:
-- else a batch full of guesses would find the right one among them, whatever the budget.
create or replace function views.note_guesses(tries views.try[], tries_per_network int, tries_per_link int, window_s int, pause_s int,
                                              link_pause_s int, pause_most_s int) returns views.try[]
language plpgsql volatile as $$
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

-- Opens what these tries are good for. Their place is that in the array.
create or replace function views.open_links(tries views.try[], tries_per_network int, tries_per_link int, window_s int, pause_s int,
                                            link_pause_s int, pause_most_s int, usual_opens int, usual_networks int,
                                            basic_opens_max int)
returns table (place int, outcome text, visit_id text, reviewer_name text, is_first boolean, same_visit boolean, event_type text,
               event text, paused_until timestamptz)
language plpgsql volatile as $$
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
