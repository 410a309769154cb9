-- Changes name, address, language, external_id and metadata of one reviewer of a link, as update_link.sql does those of a link. Another address
-- gets another passcode, which ends all sessions, and is not invited yet: box is what read_sealed.sql's was made into, of which
-- passcode_epoch tells whether it is still the one that was read. is_sound false asks for the checks alone.
-- in  account_id text, share_link_id text, tags text?, reviewer_id text, changes jsonb, passcode_epoch int?, token_hash bytea?,
--     passcode_hash bytea?, sealed bytea?, send_email bool, metadata_max int, mails_max int, is_sound bool, event_ids text[],
--     request_id text, traceparent text?
-- out outcome: ok | version_mismatch | basic_link | faulty | reviewer_changed | too_many_mails | no row: not_found, reviewer json,
--     version int, is_readdressed bool, is_address_taken bool, is_external_id_taken bool, metadata_count int, retry_s int?, events json?
with link as materialized (
    select * from links.share_links where account_id = :account_id and id = :share_link_id for update
),
existing as materialized (
    select r as reviewer from link cross join lateral links.reviewers_now(link.id) r
),
wanted as materialized (
    select e.reviewer as before,
           jsonb_populate_record(e.reviewer, :changes || jsonb_build_object(
               'metadata', links.merged_metadata((e.reviewer).metadata, :changes -> 'metadata'))) as after
    from existing e
    where (e.reviewer).id = :reviewer_id
),
checked as materialized (
    select before, after, (before).id as reviewer_id, (after).email is distinct from (before).email as is_readdressed,
           (select count(*) from jsonb_object_keys((after).metadata))::int as metadata_count,
           exists (select from existing o where (o.reviewer).id <> (before).id and (o.reviewer).email = :changes ->> 'email')
               as is_address_taken,
           exists (select from existing o where (o.reviewer).id <> (before).id and (o.reviewer).external_id = :changes ->> 'external_id')
               as is_external_id_taken
    from wanted
),
judged as materialized (
    select case when sharelink.is_other('v' || link.version, :tags) then 'version_mismatch'
                when link.kind <> 'advanced' then 'basic_link'
                when not :is_sound or c.is_address_taken or c.is_external_id_taken or c.metadata_count > :metadata_max then 'faulty'
                when c.is_readdressed and (c.before).passcode_epoch is distinct from :passcode_epoch then 'reviewer_changed'
                else 'ok' end as outcome,
           link.id, link.account_id, link.version, c.*
    from link cross join checked c
),
mails as materialized (
    select t.*
    from judged j
    cross join lateral links.take_mails(j.account_id, 'invitation', array[(j.after).email], :mails_max) t
    where j.outcome = 'ok' and j.is_readdressed and :send_email
),
decided as materialized (
    select case when m.refused is not null then 'too_many_mails' else j.outcome end as decision, m.retry_s, j.*
    from judged j left join mails m on true
),
written as (
    update links.reviewers r
    set name = (d.after).name,
        email = (d.after).email,
        external_id = (d.after).external_id,
        metadata = (d.after).metadata,
        locale = (d.after).locale,
        token_hash = case when d.is_readdressed then :token_hash else r.token_hash end,
        passcode_hash = case when d.is_readdressed then :passcode_hash else r.passcode_hash end,
        sealed = case when d.is_readdressed then :sealed else r.sealed end,
        passcode_epoch = r.passcode_epoch + d.is_readdressed::int,
        invitation_requested_at = case when not d.is_readdressed then r.invitation_requested_at when :send_email then now() end
    from decided d
    where r.id = d.reviewer_id and d.decision = 'ok' and d.after is distinct from d.before
    returning r.id
),
changed as (
    update links.share_links l
    set version = l.version + 1, updated_at = now()
    from decided d
    where l.id = d.id and exists (select from written)
    returning l.version
),
happened (event_id, type) as (
    select :event_ids[1], 'link.updated' from written
    union all
    select :event_ids[2], 'link.invitation_requested' from decided where decision = 'ok' and is_readdressed and :send_email
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, reviewer_id, data, request_id, traceparent)
    select h.event_id, d.account_id, h.type, d.id, d.reviewer_id,
           jsonb_build_object('share_link_id', d.id, 'reviewer_id', d.reviewer_id), :request_id, :traceparent
    from decided d, happened h
    returning id, type, events.cloud_event(log) as cloud_event
)
select d.decision as outcome, links.reviewer_now(coalesce(w.id, d.reviewer_id)) as reviewer, coalesce(c.version, d.version) as version,
       d.is_readdressed, d.is_address_taken, d.is_external_id_taken, d.metadata_count, d.retry_s,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event) order by id) from logged) as events
from decided d
left join written w on true
left join changed c on true
