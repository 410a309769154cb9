-- Makes an interview a member of exactly these of the account's advanced links, or changes nothing and says which do not exist or
-- are full. Two such forms for one interview take turns by the interview's row, in the mode that lets others refer to it; the
-- links' rows are locked in the order of their ids. tags are If-Match's; is_sound false asks for the check alone.
-- in  account_id text, interview_id text, tags text?, share_link_ids text[], is_sound bool, interviews_max int, content_max bigint, request_id text,
--     traceparent text?
-- out outcome: ok | version_mismatch | faulty | no row: not_found, memberships json, tag text, missing_links json?, full_links json?, large_links json?,
--     events json?
with interview as materialized (
    select id, content_size from links.interviews where account_id = :account_id and id = :interview_id for no key update
),
sent as materialized (
    select u.id, u.place::int from unnest(:share_link_ids) with ordinality as u (id, place)
),
link as materialized (
    select l.*
    from links.share_links l
    where l.account_id = :account_id and l.kind = 'advanced'
      and l.id in (select s.id from interview, sent s
                   union
                   select m.share_link_id from interview i cross join lateral links.memberships_now(:account_id, i.id) m)
    order by l.id
    for update of l
),
-- Read again, for a link may have been changed while its row was waited for.
present as materialized (
    select m.share_link_id as id
    from (select count(*) as many from link) locked
    cross join lateral links.memberships_now(case when sharelink.after(locked.many) then :account_id end, :interview_id) m
    where m.share_link_id in (select id from link)
),
fresh as materialized (
    select l.*, s.place, (select count(*) from links.members_now(l.id)) as members,
           links.content_size_now(l.id) + i.content_size
           + coalesce((select t.size from views.transcript_sizes t where t.account_id = :account_id and t.interview_id = i.id), 0) as content_size
    from link l join sent s on s.id = l.id cross join interview i
    where not exists (select from present p where p.id = l.id)
),
missing as materialized (
    select place from sent where id is null or not exists (select from link l where l.id = sent.id)
),
judged as materialized (
    select case when sharelink.is_other(md5(coalesce((select string_agg(id, ',' order by id) from present), '')), :tags)
                then 'version_mismatch'
                when not :is_sound or exists (select from missing) or exists (select from fresh where members >= :interviews_max or content_size > :content_max) then 'faulty'
                else 'ok' end as outcome
    from interview
),
added as (
    insert into links.share_link_interviews (share_link_id, account_id, interview_id, position)
    select f.id, f.account_id, :interview_id, f.last_position + 1 from fresh f, judged j where j.outcome = 'ok'
),
unwanted as materialized (
    select p.id from present p, judged j where j.outcome = 'ok' and not exists (select from sent s where s.id = p.id)
),
removed as materialized (
    select m.share_link_id as id
    from (select array_agg(id) as ids from unwanted) u
    cross join lateral links.remove_members_now(u.ids, array[:interview_id]) m
),
touched as materialized (
    select f.id, 1 as more, 'link.interviews_added' as type from fresh f, judged j where j.outcome = 'ok'
    union all
    select r.id, 0, 'link.interviews_removed' from removed r
),
changed as (
    update links.share_links l
    set last_position = l.last_position + t.more, version = l.version + 1, updated_at = now()
    from touched t
    where l.id = t.id
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, data, request_id, traceparent)
    select sharelink.new_id('evt_'), :account_id, t.type, t.id,
           jsonb_build_object('share_link_id', t.id, 'interview_ids', jsonb_build_array(:interview_id)), :request_id, :traceparent
    from touched t
    returning id, type, events.cloud_event(log) as cloud_event
)
select j.outcome,
       (select json_build_object(
                   'share_link_ids', coalesce(json_agg(l.id order by l.id), '[]'),
                   'share_links', coalesce(json_agg(json_build_object(
                                               'id', l.id,
                                               'title', l.title,
                                               'state', links.state_of(l.deactivated_at, l.expires_at),
                                               'expires_at', sharelink.rfc3339(l.expires_at))
                                           order by l.id), '[]'))
        from link l join sent s on s.id = l.id) as memberships,
       (select md5(coalesce(string_agg(l.id, ',' order by l.id), '')) from link l join sent s on s.id = l.id) as tag,
       (select json_agg(place - 1 order by place) from missing) as missing_links,
       (select json_agg(place - 1 order by place) from fresh where members >= :interviews_max) as full_links,
       (select json_agg(place - 1 order by place) from fresh where content_size > :content_max) as large_links,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event) order by id) from logged) as events
from judged j
