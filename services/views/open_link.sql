-- Opens. A try that is right makes a visit, counts it, and writes its event; with a live session that was seen in the last 30
-- minutes it is that visit again. Wrong tries are counted, and pause the door for their network, then for all that have not opened
-- with this passcode; what cannot be a passcode (passcode_hash null) is none and not counted. A right one that makes
-- the use of the link unusual switches the link off: docs/limits.md. Here the tries are judged as things are, and nothing is locked;
-- views.open_links does the rest (schema/opens.sql).
-- Look-ups are written so that each goes by its key in whatever plan: the plan is made once (services/ctl/schema/roles.sql).
-- batch tries: token_hash bytea, passcode_hash bytea?, passcode_hash_before bytea?, visit_id text, session_hash bytea,
--       cookie_hash bytea?, event_id text, network text, device text, request_id text, traceparent text?
-- in    tries_per_network int, tries_per_link int, window_s int, pause_s int, link_pause_s int, pause_most_s int,
--       usual_opens int, usual_networks int, basic_opens_max int
-- out   place int, outcome: open | wrong_passcode | malformed | paused | too_many_opens | unknown | expired | deactivated, visit_id text?,
--       reviewer_name text?, is_first bool, same_visit bool, event_type text?, event text?, pause_s int?
with known as materialized (
    select t.*, d.reviewer_id, d.reviewer_name, d.share_link_id, d.account_id, d.passcode_epoch, d.kind, d.state,
           d.passcode_hash in (t.passcode_hash, t.passcode_hash_before) as is_right,
           b.budget, b.is_known,
           d.kind = 'basic' and coalesce(s.last_seen_at <= now() - interval '30 minutes', true) as is_counted,
           (select max(g.paused_until) from views.guesses g
            where g.reviewer_id = d.reviewer_id and g.budget in (b.budget, case when not b.is_known then '' end)
              and g.passcode_epoch = d.passcode_epoch) as paused_until
    from :tries as t
    left join lateral (select * from links.doors d where d.token_hash = t.token_hash limit 1) d on true
    left join views.visit_of_session(t.cookie_hash, d.reviewer_id, d.passcode_epoch) s on true
    cross join lateral (
        select coalesce('visit ' || s.id, t.network) as budget,
               s.id is not null or exists (select from views.visits v where v.reviewer_id = d.reviewer_id and v.passcode_epoch = d.passcode_epoch
                                           and v.network = t.network) as is_known
        offset 0
    ) b
)
select o.place, o.outcome, o.visit_id, o.reviewer_name, o.is_first, o.same_visit, o.event_type, o.event,
       ceil(extract(epoch from o.paused_until - now()))::int as pause_s
from views.open_links(
    array(
        select row(k.place,
                   case when k.reviewer_id is null then 'unknown'
                        when k.state <> 'active' then k.state
                        when k.paused_until > now() then 'paused'
                        when k.passcode_hash is null then 'malformed'
                        when k.is_right then 'open'
                        else 'wrong_passcode' end,
                   k.paused_until, k.visit_id, k.session_hash, k.cookie_hash, k.event_id, k.network, k.device, k.request_id, k.traceparent,
                   k.reviewer_id, k.reviewer_name, k.share_link_id, k.account_id, k.passcode_epoch, k.kind, k.budget, k.is_known,
                   k.is_counted, null, null, null)::views.try
        from known k order by k.place),
    :tries_per_network, :tries_per_link, :window_s, :pause_s, :link_pause_s, :pause_most_s, :usual_opens, :usual_networks,
    :basic_opens_max) o
