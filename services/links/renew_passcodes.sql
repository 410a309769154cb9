-- Stores new passcodes of all of a link's reviewers (reviewer_id null) or of one, switches them on, and with all of them the
-- link. It only goes through when these are still the reviewers, and theirs still the boxes, that the new ones were made from:
-- passcode_epoch is the one that was read.
-- in   account_id text, share_link_id text, tags text?, reviewer_id text?, is_expiry_given bool, expires_at timestamptz?,
--      expires_in_s bigint?, send_email bool, mails_max int, event_ids text[], request_id text, traceparent text?
-- rows boxes: reviewer_id text, passcode_epoch int, token_hash bytea, passcode_hash bytea, sealed bytea
-- out  outcome: ok | version_mismatch | basic_link | reviewers_changed | expiry_has_passed | too_many_mails | no row: not_found,
--      share_link json, version int, refused json?, retry_s int?, events json?, basic_of text?
with link as materialized (
    select * from links.share_links where account_id = :account_id and id = :share_link_id for update
),
existing as materialized (
    select r.id, r.email, r.passcode_epoch
    from link cross join lateral links.reviewers_now(link.id) r
    where :reviewer_id is null or r.id = :reviewer_id
),
made as materialized (
    select * from :boxes as b
),
judged as materialized (
    select case when :reviewer_id is not null and not exists (select from existing) then 'not_found'
                when sharelink.is_other('v' || version, :tags) then 'version_mismatch'
                when :reviewer_id is not null and kind <> 'advanced' then 'basic_link'
                when exists (select from existing e full join made m on m.reviewer_id = e.id
                             where m.passcode_epoch is distinct from e.passcode_epoch)
                    then 'reviewers_changed'
                when :reviewer_id is null and not :is_expiry_given and expires_at <= now() then 'expiry_has_passed'
                else 'ok' end as outcome, id, account_id, basic_of
    from link
),
mails as materialized (
    select array(select m.reviewer_id from made m where m.place = any (t.refused) order by m.place) as refused, t.retry_s
    from judged j
    cross join lateral links.take_mails(
        j.account_id, 'invitation', array(select e.email from made m join existing e on e.id = m.reviewer_id order by m.place), :mails_max) t
    where j.outcome = 'ok' and :send_email
),
decided as materialized (
    select case when m.refused <> '{}' then 'too_many_mails' else j.outcome end as outcome, j.id, j.basic_of, m.refused, m.retry_s
    from judged j left join mails m on true
),
renewed as (
    update links.reviewers r
    set token_hash = m.token_hash,
        passcode_hash = m.passcode_hash,
        sealed = m.sealed,
        passcode_epoch = m.passcode_epoch + 1,
        deactivated_at = null,
        state_reason = null,
        invitation_requested_at = case when :send_email then now() else r.invitation_requested_at end
    from decided j, made m
    where j.outcome = 'ok' and r.share_link_id = j.id and r.id = m.reviewer_id
    returning r.id, m.place
),
changed as (
    update links.share_links l
    set deactivated_at = case when :reviewer_id is null then null else l.deactivated_at end,
        state_reason = case when :reviewer_id is null then null else l.state_reason end,
        expires_at = case when :is_expiry_given then coalesce(:expires_at, now() + :expires_in_s * interval '1 second')
                          else l.expires_at end,
        version = l.version + 1,
        updated_at = now()
    from decided j
    where l.id = j.id and j.outcome = 'ok'
    returning l.id, l.account_id
),
happened (event_id, type, reviewer_id) as (
    select :event_ids[1], 'link.reactivated', :reviewer_id
    union all
    select :event_ids[1 + place], 'link.invitation_requested', id from renewed where :send_email
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, reviewer_id, data, request_id, traceparent)
    select h.event_id, c.account_id, h.type, c.id, h.reviewer_id,
           jsonb_strip_nulls(jsonb_build_object('share_link_id', c.id, 'reviewer_id', h.reviewer_id)), :request_id, :traceparent
    from changed c, happened h
    returning id, type, events.cloud_event(log) as cloud_event
)
select j.outcome, n.share_link, n.version, to_json(j.refused) as refused, j.retry_s,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event) order by id) from logged) as events, j.basic_of
from decided j
left join changed c on c.id = j.id
cross join (select count(*) as many from renewed) r
cross join lateral links.share_link_now(case when sharelink.after(r.many) then coalesce(c.id, j.id) end) n
