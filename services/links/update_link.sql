-- Changes some of a link's fields: changes holds them by their columns' names. What comes out equal is no change: it makes no
-- new version and no event. Of metadata, changes holds what is to be set or, with null, to go. A basic link takes no feedback and sends no
-- mails. is_sound false asks for the checks alone.
-- in  account_id text, share_link_id text, tags text?, changes jsonb, is_expiry_given bool, expires_at timestamptz?,
--     expires_in_s bigint?, metadata_max int, is_sound bool, event_ids text[], request_id text, traceparent text?
-- out outcome: ok | version_mismatch | faulty | no row: not_found, share_link json, version int, is_basic bool,
--     is_external_id_taken bool, metadata_count int, events json?
with link as materialized (
    select l as before, links.merged_metadata(l.metadata, :changes -> 'metadata') as metadata
    from links.share_links l where l.account_id = :account_id and l.id = :share_link_id for update of l
),
checked as materialized (
    select before, metadata, (select count(*) from jsonb_object_keys(metadata))::int as metadata_count,
           exists (select from links.share_links o
                   where o.account_id = (before).account_id and o.external_id = :changes ->> 'external_id' and o.id <> (before).id)
               as is_external_id_taken
    from link
),
judged as materialized (
    select case when sharelink.is_other('v' || (before).version, :tags) then 'version_mismatch'
                when not :is_sound or is_external_id_taken or metadata_count > :metadata_max
                     or ((before).kind = 'basic'
                         and (:changes @> '{"disable_feedback": false}' or :changes ->> 'message_subject' is not null))
                    then 'faulty'
                else 'ok' end as outcome,
           (before).id as id, before, jsonb_populate_record(before, :changes || jsonb_build_object('metadata', metadata)) as after,
           is_external_id_taken, metadata_count,
           case when :is_expiry_given then coalesce(:expires_at, now() + :expires_in_s * interval '1 second') else (before).expires_at end
               as expires_at
    from checked
),
changed as (
    update links.share_links l
    set title = (j.after).title,
        owner_name = (j.after).owner_name,
        owner_email = (j.after).owner_email,
        owner_time_zone = (j.after).owner_time_zone,
        abbreviate_names = (j.after).abbreviate_names,
        omit_avatars = (j.after).omit_avatars,
        exclude_full_profiles = (j.after).exclude_full_profiles,
        hide_skipped_questions = (j.after).hide_skipped_questions,
        disable_feedback = (j.after).disable_feedback,
        mask_questionnaire = (j.after).mask_questionnaire,
        message_subject = (j.after).message_subject,
        message_body = (j.after).message_body,
        template_id = (j.after).template_id,
        external_id = (j.after).external_id,
        metadata = (j.after).metadata,
        expires_at = j.expires_at,
        version = l.version + 1,
        updated_at = now()
    from judged j
    where l.id = j.id and j.outcome = 'ok'
      -- Raises where PostgreSQL does not know the zone, as create_link.sql does.
      and coalesce(now() at time zone (:changes ->> 'owner_time_zone'), now() at time zone 'UTC') is not null
      and (j.after is distinct from j.before or j.expires_at is distinct from (j.before).expires_at)
    returning l.id, l.account_id
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, data, request_id, traceparent)
    select :event_ids[1], account_id, 'link.updated', id, jsonb_build_object('share_link_id', id), :request_id, :traceparent
    from changed
    returning type, events.cloud_event(log) as cloud_event
)
select j.outcome, n.share_link, n.version, (j.before).kind = 'basic' as is_basic, j.is_external_id_taken, j.metadata_count,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event)) from logged) as events
from judged j
left join changed c on c.id = j.id
cross join lateral links.share_link_now(coalesce(c.id, j.id)) n
