-- Adds interviews to a link, or adds none and says which do not exist. is_sound false asks for that check alone. Row locks: the
-- interviews, then the link (docs/architecture.md, "In which order rows are locked").
-- in  account_id text, session_id text?, share_link_id text, tags text?, interview_ids text[], is_sound bool, interviews_max int, content_max bigint,
--     event_ids text[], request_id text, traceparent text?
-- out outcome: ok | version_mismatch | basic_link | faulty | too_many | too_large | no row: not_found,
--     answer json, content_size bigint, missing_interviews json?, events json?
with held as materialized (
    select h.id from links.hold_interviews(:account_id, :interview_ids) h (id)
),
link as materialized (
    select l.*
    from (select case when sharelink.after(count(*)) then :share_link_id end as id from held) h
    join links.share_links l on l.account_id = :account_id and l.id = h.id
    for update of l
),
sent as materialized (
    select u.id, u.place::int, s.size, exists (select from held h where h.id = u.id) and console.session_reaches(:session_id, 'interview', u.id) as found
    from unnest(:interview_ids) with ordinality as u (id, place)
    cross join lateral (select (select i.content_size + coalesce(t.size, 0) from links.interviews i
                                left join views.transcript_sizes t on t.account_id = i.account_id and t.interview_id = i.id
                                where i.account_id = :account_id and i.id = u.id) as size) s
),
present as materialized (
    select m.interview_id from link cross join lateral links.members_now(link.id) m
),
fresh as materialized (
    select s.id, s.place, s.size, row_number() over (order by s.place)::int as nth
    from sent s
    where not exists (select from present p where p.interview_id = s.id)
),
sized as materialized (
    select links.content_size_now(link.id) + (select coalesce(sum(size), 0) from fresh)::bigint as content_size from link
),
judged as materialized (
    select case when sharelink.is_other('v' || version, :tags) then 'version_mismatch'
                when kind <> 'advanced' then 'basic_link'
                when not :is_sound or exists (select from sent where not found) then 'faulty'
                when (select count(*) from present) + (select count(*) from fresh) > :interviews_max then 'too_many'
                when (select content_size from sized) > :content_max and exists (select from fresh) then 'too_large'
                else 'ok' end as outcome,
           id, account_id, last_position, (select count(*)::int from fresh) as many
    from link
),
added as (
    insert into links.share_link_interviews (share_link_id, account_id, interview_id, position)
    select j.id, j.account_id, f.id, j.last_position + f.nth
    from judged j, fresh f
    where j.outcome = 'ok'
),
changed as (
    update links.share_links l
    set last_position = l.last_position + j.many, version = l.version + 1, updated_at = now()
    from judged j
    where l.id = j.id and j.outcome = 'ok' and j.many > 0
    returning l.id, l.account_id
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, data, request_id, traceparent)
    select :event_ids[1], account_id, 'link.interviews_added', id,
           jsonb_build_object('share_link_id', id, 'interview_ids', (select jsonb_agg(f.id order by f.place) from fresh f)),
           :request_id, :traceparent
    from changed
    returning type, events.cloud_event(log) as cloud_event
)
select j.outcome,
       json_build_object(
           'added', (select coalesce(json_agg(f.id order by f.place), '[]') from fresh f),
           'already_present', (select coalesce(json_agg(s.id order by s.place), '[]') from sent s
                               where exists (select from present p where p.interview_id = s.id))) as answer,
       (select content_size from sized) as content_size,
       (select json_agg(place - 1 order by place) from sent where not found) as missing_interviews,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event)) from logged) as events
from judged j
