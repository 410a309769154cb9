-- Removes interviews from a link; their positions are not given to others.
-- in  account_id text, share_link_id text, tags text?, interview_ids text[], event_ids text[], request_id text,
--     traceparent text?
-- out outcome: ok | version_mismatch | basic_link | no row: not_found, answer json, events json?
with link as materialized (
    select * from links.share_links where account_id = :account_id and id = :share_link_id for update
),
judged as materialized (
    select case when sharelink.is_other('v' || version, :tags) then 'version_mismatch'
                when kind <> 'advanced' then 'basic_link'
                else 'ok' end as outcome, id
    from link
),
removed as materialized (
    select m.interview_id
    from judged j cross join lateral links.remove_members_now(array[j.id], :interview_ids) m
    where j.outcome = 'ok'
),
sent as materialized (
    select u.id, u.place, r.interview_id is not null as is_removed
    from unnest(:interview_ids) with ordinality as u (id, place)
    left join removed r on r.interview_id = u.id
),
changed as (
    update links.share_links l
    set version = l.version + 1, updated_at = now()
    from judged j, (select count(*) as many from removed) r
    where l.id = j.id and j.outcome = 'ok' and r.many > 0
    returning l.id, l.account_id
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, data, request_id, traceparent)
    select :event_ids[1], account_id, 'link.interviews_removed', id,
           jsonb_build_object('share_link_id', id,
                              'interview_ids', (select jsonb_agg(s.id order by s.place) from sent s where s.is_removed)),
           :request_id, :traceparent
    from changed
    returning type, events.cloud_event(log) as cloud_event
)
select j.outcome,
       (select json_build_object('removed', coalesce(json_agg(s.id order by s.place) filter (where s.is_removed), '[]'),
                                 'not_present', coalesce(json_agg(s.id order by s.place) filter (where not s.is_removed), '[]'))
        from sent s) as answer,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event)) from logged) as events
from judged j
