-- Removes interviews from a link; their positions are not given to others. $6 the ids, $7 event ids.
with link as materialized (
    select * from links.share_links where account_id = $1 and id = $2 for update
),
judged as materialized (
    select case when $3::int is not null and version <> $3::int then 'version_mismatch'
                when kind <> 'advanced' then 'basic_link'
                else 'ok' end as outcome, id
    from link
),
removed as materialized (
    select m.interview_id
    from judged j cross join lateral links.remove_members_now(array[j.id], $6::text[]) m
    where j.outcome = 'ok'
),
sent as materialized (
    select u.id, u.place, r.interview_id is not null as is_removed
    from unnest($6::text[]) with ordinality as u (id, place)
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
    select ($7::text[])[1], account_id, 'link.interviews_removed', id,
           jsonb_build_object('share_link_id', id,
                              'interview_ids', (select jsonb_agg(s.id order by s.place) from sent s where s.is_removed)), $4, $5
    from changed
    returning type, events.cloud_event(log) as cloud_event
)
select j.outcome,
       (select json_build_object('removed', coalesce(json_agg(s.id order by s.place) filter (where s.is_removed), '[]'),
                                 'not_present', coalesce(json_agg(s.id order by s.place) filter (where not s.is_removed), '[]'))
        from sent s) as answer,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event)) from logged) as events
from judged j
