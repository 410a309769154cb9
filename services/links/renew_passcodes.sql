-- Stores new passcodes of all of a link's reviewers ($6 null) or of one, switches them on, and with them the link. It only
-- goes through when these are still the reviewers, and theirs still the boxes, that the new ones were made from.
-- $7 to $11: ids, epochs that were read, token hashes, passcode hashes, boxes. $12 whether an expiry was given, $13 and $14
-- which. $15 invite them. $16 event ids.
with link as materialized (
    select * from links.share_links where account_id = $1 and id = $2 for update
),
existing as materialized (
    select r.id, r.passcode_epoch
    from link cross join lateral links.reviewers_now(link.id) r
    where $6::text is null or r.id = $6
),
made as materialized (
    select u.id, u.epoch::int, u.token_hash, u.passcode_hash, u.sealed, u.place::int
    from unnest($7::text[], $8::text[], $9::bytea[], $10::bytea[], $11::bytea[]) with ordinality
             as u (id, epoch, token_hash, passcode_hash, sealed, place)
),
judged as materialized (
    select case when $6::text is not null and not exists (select from existing) then 'not_found'
                when $3::int is not null and version <> $3::int then 'version_mismatch'
                when $6::text is not null and kind <> 'advanced' then 'basic_link'
                when exists (select from existing e full join made m on m.id = e.id where m.epoch is distinct from e.passcode_epoch)
                    then 'reviewers_changed'
                when $6::text is null and not $12::boolean and expires_at <= now() then 'expiry_has_passed'
                else 'ok' end as outcome, id, basic_of
    from link
),
renewed as (
    update links.reviewers r
    set token_hash = m.token_hash,
        passcode_hash = m.passcode_hash,
        sealed = m.sealed,
        passcode_epoch = m.epoch + 1,
        deactivated_at = null,
        state_reason = null,
        invitation_requested_at = case when $15::boolean then now() else r.invitation_requested_at end
    from judged j, made m
    where j.outcome = 'ok' and r.share_link_id = j.id and r.id = m.id
    returning r.id, m.place
),
changed as (
    update links.share_links l
    set deactivated_at = case when $6::text is null then null else l.deactivated_at end,
        state_reason = case when $6::text is null then null else l.state_reason end,
        expires_at = case when $12::boolean then coalesce($13::timestamptz, now() + $14::bigint * interval '1 second')
                          else l.expires_at end,
        version = l.version + 1,
        updated_at = now()
    from judged j
    where l.id = j.id and j.outcome = 'ok'
    returning l.id, l.account_id
),
happened (event_id, type, reviewer_id) as (
    select ($16::text[])[1], 'link.reactivated', $6::text
    union all
    select ($16::text[])[1 + place], 'link.invitation_requested', id from renewed where $15::boolean
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, reviewer_id, data, request_id, traceparent)
    select h.event_id, c.account_id, h.type, c.id, h.reviewer_id,
           jsonb_strip_nulls(jsonb_build_object('share_link_id', c.id, 'reviewer_id', h.reviewer_id)), $4, $5
    from changed c, happened h
    returning id, type, events.cloud_event(log) as cloud_event
)
select j.outcome, n.share_link, n.version,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event) order by id) from logged) as events, j.basic_of
from judged j
left join changed c on c.id = j.id
cross join (select count(*) as many from renewed) r
cross join lateral links.share_link_now(case when r.many >= 0 then coalesce(c.id, j.id) end) n
