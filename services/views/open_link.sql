-- Opens: one row per try, in the arrays' order. A try that is right makes a visit, counts it, and writes its event; with a
-- live session that was seen in the last 30 minutes it is that visit again. Rows are taken in the order of the reviewers'
-- ids, then of the links' ids, so that two batches never wait for each other in a circle.
with tries as materialized (
    select t.place::int, t.token_hash::bytea, t.passcode_hash::bytea, t.passcode_hash_before::bytea, t.visit_id,
           t.session_hash::bytea, t.cookie_hash::bytea, t.event_id, t.network, t.device, t.request_id, t.traceparent
    from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                $10::text[], $11::text[]) with ordinality
             as t (token_hash, passcode_hash, passcode_hash_before, visit_id, session_hash, cookie_hash, event_id, network,
                   device, request_id, traceparent, place)
),
judged as materialized (
    select t.*, d.reviewer_id, d.reviewer_name, d.share_link_id, d.account_id, d.passcode_epoch,
           case when d.reviewer_id is null then 'unknown'
                when d.state <> 'active' then d.state
                when d.passcode_hash in (t.passcode_hash, t.passcode_hash_before) then 'open'
                else 'wrong_passcode' end as outcome
    from tries t
    left join links.doors d on d.token_hash = t.token_hash
),
going_on as (
    update views.visits v set last_seen_at = now()
    from judged j
    where j.outcome = 'open' and v.session_hash = j.cookie_hash and v.reviewer_id = j.reviewer_id
      and v.passcode_epoch = j.passcode_epoch and v.opened_at > now() - interval '12 hours'
      and v.last_seen_at > now() - interval '30 minutes'
    returning j.place, v.id as visit_id
),
fresh as materialized (
    select j.*, row_number() over (partition by j.reviewer_id order by j.place) as nth,
           count(*) over (partition by j.reviewer_id) as many
    from judged j
    where j.outcome = 'open' and not exists (select from going_on g where g.place = j.place)
),
counted as (
    insert into views.activity as a (reviewer_id, share_link_id, account_id, open_count)
    select reviewer_id, share_link_id, account_id, many from fresh where nth = 1 order by reviewer_id
    on conflict (reviewer_id) do update
        set last_opened_at = excluded.last_opened_at, open_count = a.open_count + excluded.open_count
    returning a.reviewer_id, a.open_count
),
-- After all of the reviewers' rows, and in the order of the links' ids.
touched as (
    insert into views.link_activity as a (share_link_id, account_id, last_opened_at)
    select distinct f.share_link_id, f.account_id, now() from fresh f
    where f.nth = 1 and (select count(*) from counted) > 0
    order by f.share_link_id
    on conflict (share_link_id) do update set last_opened_at = greatest(a.last_opened_at, excluded.last_opened_at)
),
visited as (
    insert into views.visits (id, account_id, share_link_id, reviewer_id, is_first, network, device, session_hash, passcode_epoch)
    select f.visit_id, f.account_id, f.share_link_id, f.reviewer_id, c.open_count - f.many + f.nth = 1, f.network, f.device,
           f.session_hash, f.passcode_epoch
    from fresh f join counted c using (reviewer_id)
    returning id, is_first
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, reviewer_id, data, request_id, traceparent)
    select f.event_id, f.account_id, 'link.opened', f.share_link_id, f.reviewer_id,
           jsonb_build_object('share_link_id', f.share_link_id, 'reviewer_id', f.reviewer_id, 'visit_id', f.visit_id,
                              'first', v.is_first),
           f.request_id, f.traceparent
    from fresh f join visited v on v.id = f.visit_id
    returning id, events.cloud_event(log) as cloud_event
)
select j.place, j.outcome, coalesce(g.visit_id, v.id) as visit_id, j.reviewer_name, coalesce(v.is_first, false) as is_first,
       g.visit_id is not null as same_visit, l.cloud_event
from judged j
left join going_on g on g.place = j.place
left join visited v on v.id = j.visit_id
left join logged l on l.id = j.event_id
