-- Adds reviewers to a link, or adds none and says whose addresses it has already. $13 false asks for that check alone.
-- $6 to $11: ids, names, addresses, token hashes, passcode hashes, boxes. $12 invite them. $14 event ids, $15 the most reviewers.
with link as materialized (
    select * from links.share_links where account_id = $1 and id = $2 for update
),
existing as materialized (
    select lower(r.email collate "C") as address, r.position from link cross join lateral links.reviewers_now(link.id) r
),
sent as materialized (
    select u.id, u.name, u.email, u.token_hash, u.passcode_hash, u.sealed, u.place::int
    from unnest($6::text[], $7::text[], $8::text[], $9::bytea[], $10::bytea[], $11::bytea[]) with ordinality
             as u (id, name, email, token_hash, passcode_hash, sealed, place)
),
doubles as materialized (
    select s.place from sent s
    where exists (select from existing e where e.address = lower(s.email collate "C"))
       or exists (select from sent before where before.place < s.place and lower(before.email collate "C") = lower(s.email collate "C"))
),
judged as materialized (
    select case when $3::int is not null and version <> $3::int then 'version_mismatch'
                when kind <> 'advanced' then 'basic_link'
                when not $13::boolean or exists (select from doubles) then 'faulty'
                when (select count(*) from existing) + (select count(*) from sent) > $15::int then 'too_many'
                else 'ok' end as outcome, id, account_id, (select coalesce(max(position), 0) from existing) as last_position
    from link
),
people as (
    insert into links.reviewers (id, share_link_id, account_id, position, name, email, token_hash, passcode_hash, sealed,
                                 invitation_requested_at)
    select s.id, j.id, j.account_id, j.last_position + s.place, s.name, s.email, s.token_hash, s.passcode_hash, s.sealed,
           case when $12::boolean then now() end
    from judged j, sent s
    where j.outcome = 'ok'
    returning *
),
changed as (
    update links.share_links l
    set version = l.version + 1, updated_at = now()
    from judged j
    where l.id = j.id and j.outcome = 'ok'
),
happened (event_id, type, reviewer_id) as (
    select ($14::text[])[s.place], 'link.reviewer_added', s.id from sent s
    union all
    select ($14::text[])[cardinality($6::text[]) + s.place], 'link.invitation_requested', s.id from sent s where $12::boolean
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, reviewer_id, data, request_id, traceparent)
    select h.event_id, j.account_id, h.type, j.id, h.reviewer_id,
           jsonb_build_object('share_link_id', j.id, 'reviewer_id', h.reviewer_id), $4, $5
    from judged j, happened h
    where j.outcome = 'ok'
    returning id, type, events.cloud_event(log) as cloud_event
)
select j.outcome,
       (select json_agg(links.reviewer_json(people, null, null) order by position) from people) as reviewers,
       (select json_agg(place - 1 order by place) from doubles) as doubles,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event) order by id) from logged) as events
from judged j
