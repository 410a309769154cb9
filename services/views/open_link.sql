-- Opens: one row per try, in the arrays' order. A try that is right makes a visit, counts it, and writes its event; with a
-- live session that was seen in the last 30 minutes it is that visit again. Wrong tries are counted, and pause the door for
-- their network, then for all; a right one that makes the use of the link unusual switches the link off: docs/limits.md.
-- Rows are taken in the order of the reviewers' ids (guesses, then activity), then of the links' ids, so that two batches
-- never wait for each other in a circle.
-- Look-ups are written so that each goes by its key in whatever plan: the plan is made once (services/ctl/schema/roles.sql).
-- batch tries: token_hash bytea, passcode_hash bytea?, passcode_hash_before bytea?, visit_id text, session_hash bytea,
--       cookie_hash bytea?, event_id text, network text, device text, request_id text, traceparent text?
-- in    tries_per_network int, tries_per_link int, window_s int, pause_s int, link_pause_s int, pause_most_s int,
--       usual_opens int, usual_networks int
-- out   place int, outcome: open | wrong_passcode | paused | unknown | expired | deactivated, visit_id text?,
--       reviewer_name text?, is_first bool, same_visit bool, event_type text?, event text?, pause_s int?
with tries as materialized (
    select * from :tries as t
),
known as materialized (
    select t.*, d.reviewer_id, d.reviewer_name, d.share_link_id, d.account_id, d.passcode_epoch, d.kind, d.state,
           d.passcode_hash in (t.passcode_hash, t.passcode_hash_before) as is_right,
           (select max(g.paused_until) from views.guesses g where g.reviewer_id = d.reviewer_id and g.network in ('', t.network)
              and g.passcode_epoch = d.passcode_epoch) as paused_until
    from tries t
    left join lateral (select * from links.doors d where d.token_hash = t.token_hash limit 1) d on true
),
tried as materialized (
    select k.*, case when k.reviewer_id is null then 'unknown'
                     when k.state <> 'active' then k.state
                     when k.paused_until > now() then 'paused'
                     when k.is_right then 'open'
                     else 'wrong_passcode' end as outcome
    from known k
),
failed as materialized (
    select w.*, g.is_judged, g.tries, g.begins_pause, g.paused_until as pauses_until
    from (select * from tried where outcome = 'wrong_passcode' order by reviewer_id, place) w
    cross join lateral views.note_guess(w.reviewer_id, w.passcode_epoch, w.network, :tries_per_network, :tries_per_link, :window_s, :pause_s,
                                        :link_pause_s, :pause_most_s) g
),
-- A right one behind wrong ones of the same batch is behind the pause that they have led to: else a batch full of guesses would
-- find the right one among them, whatever the budget.
judged as materialized (
    select t.place, t.visit_id, t.session_hash, t.cookie_hash, t.event_id, t.network, t.device, t.request_id, t.traceparent,
           t.reviewer_id, t.reviewer_name, t.share_link_id, t.account_id, t.passcode_epoch, t.kind,
           case when t.outcome = 'open' and w.until > now() then 'paused' else t.outcome end as outcome,
           greatest(t.paused_until, w.until) as paused_until
    from tried t
    cross join lateral (
        select max(f.pauses_until) as until from failed f
        where t.outcome = 'open' and f.reviewer_id = t.reviewer_id and f.place < t.place and (f.network = t.network or f.begins_pause)
    ) w
),
going_on as materialized (
    select j.place, v.visit_id
    from judged j
    cross join lateral (select views.continue_visit(j.cookie_hash, j.reviewer_id, j.passcode_epoch)) v (visit_id)
    where j.outcome = 'open' and j.cookie_hash is not null and v.visit_id is not null
),
fresh as materialized (
    select j.*, row_number() over of_reviewer as nth, count(*) over of_reviewer as many,
           -- Behind a basic link are many people.
           case when j.kind = 'basic' then 0 else count(*) over of_reviewer end as usage,
           case when j.kind = 'basic' then '{}'
                else jsonb_object_agg(j.network, extract(epoch from now())::bigint) over of_reviewer end as networks
    from judged j
    where j.outcome = 'open' and not exists (select from going_on g where g.place = j.place)
    window of_reviewer as (partition by j.reviewer_id order by j.place rows between unbounded preceding and unbounded following)
),
counted as (
    insert into views.activity as a (reviewer_id, share_link_id, account_id, open_count, usage_epoch, hour_opens, networks, network_count)
    select f.reviewer_id, f.share_link_id, f.account_id,
           case when f.usage > :usual_opens or u.network_count > :usual_networks then 0 else f.many end,
           f.passcode_epoch, f.usage, f.networks, u.network_count
    from fresh f
    cross join lateral (select count(*)::int as network_count from jsonb_object_keys(f.networks)) u
    where f.nth = 1 and (select count(*) from failed) >= 0
    order by f.reviewer_id
    on conflict (reviewer_id) do update
        set (last_opened_at, open_count, usage_epoch, hour_since, hour_opens, networks, network_count)
            = (select case when x.is_unusual then a.last_opened_at else excluded.last_opened_at end,
                      case when x.is_unusual then a.open_count else a.open_count + excluded.open_count end,
                      excluded.usage_epoch, u.hour_since, u.hour_opens, u.networks, u.network_count
               from views.usage_after(a, excluded.usage_epoch, excluded.hour_opens, excluded.networks) u
               cross join lateral (select u.hour_opens > :usual_opens or u.network_count > :usual_networks) x (is_unusual))
    returning a.reviewer_id, a.share_link_id, a.open_count,
              case when a.hour_opens > :usual_opens or a.network_count > :usual_networks
                   then views.unusual_evidence(a, :usual_opens, :usual_networks) end as evidence
),
-- After all of the reviewers' rows, and in the order of the links' ids.
touched as (
    insert into views.link_activity as a (share_link_id, account_id, last_opened_at)
    select distinct f.share_link_id, f.account_id, now() from fresh f
    where f.nth = 1 and exists (select from counted c where c.share_link_id = f.share_link_id and c.evidence is null)
    order by f.share_link_id
    on conflict (share_link_id) do update set last_opened_at = greatest(a.last_opened_at, excluded.last_opened_at)
    returning a.share_link_id
),
switched as materialized (
    select c.reviewer_id, links.switch_off_reviewer(c.reviewer_id,
               jsonb_build_object('code', 'unusual_activity', 'at', sharelink.rfc3339(now()), 'evidence', c.evidence)) as is_news
    from (select * from counted where evidence is not null and (select count(*) from touched) >= 0 order by share_link_id, reviewer_id) c
),
visited as (
    insert into views.visits (id, account_id, share_link_id, reviewer_id, is_first, network, device, session_hash, passcode_epoch)
    select f.visit_id, f.account_id, f.share_link_id, f.reviewer_id, c.open_count - f.many + f.nth = 1, f.network, f.device,
           f.session_hash, f.passcode_epoch
    from fresh f join counted c using (reviewer_id)
    where c.evidence is null
    returning id, is_first
),
happened as (
    select f.event_id, f.account_id, 'link.opened' as type, f.share_link_id, f.reviewer_id,
           jsonb_build_object('visit_id', f.visit_id, 'first', v.is_first) as more, f.request_id, f.traceparent
    from fresh f join visited v on v.id = f.visit_id
    union all
    select w.event_id, w.account_id, 'link.passcode_failed', w.share_link_id, w.reviewer_id,
           jsonb_strip_nulls(jsonb_build_object('tries', w.tries, 'paused_until', case when w.begins_pause then sharelink.rfc3339(w.pauses_until) end)),
           w.request_id, w.traceparent
    from failed w
    where w.is_judged
    union all
    select f.event_id, f.account_id, 'link.deactivated', f.share_link_id, f.reviewer_id,
           jsonb_build_object('reason', 'unusual_activity'), f.request_id, f.traceparent
    from fresh f join switched s using (reviewer_id)
    where f.nth = 1 and s.is_news
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, reviewer_id, data, request_id, traceparent)
    select h.event_id, h.account_id, h.type, h.share_link_id, h.reviewer_id,
           jsonb_build_object('share_link_id', h.share_link_id, 'reviewer_id', h.reviewer_id) || h.more, h.request_id, h.traceparent
    from happened h
    returning id, type, events.cloud_event(log) as cloud_event
)
select j.place,
       case when c.evidence is not null then 'deactivated'
            when not w.is_judged then 'paused'
            else j.outcome end as outcome,
       coalesce(g.visit_id, v.id) as visit_id, j.reviewer_name, coalesce(v.is_first, false) as is_first,
       g.visit_id is not null as same_visit, l.type as event_type, l.cloud_event as event,
       ceil(extract(epoch from coalesce(w.pauses_until, j.paused_until) - now()))::int as pause_s
from judged j
left join going_on g on g.place = j.place
left join fresh f on f.place = j.place
left join counted c on c.reviewer_id = f.reviewer_id
left join visited v on v.id = j.visit_id
left join failed w on w.place = j.place
left join logged l on l.id = j.event_id
