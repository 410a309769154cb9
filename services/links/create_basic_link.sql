-- Makes the basic link of an interview, or finds the one that is there. The interview's row is locked, so that of two callers
-- the second finds what the first has made. What the request leaves out comes from the account's defaults, the owner's name
-- in the end from the account's own, the title from the candidate's name. The guest is its one reviewer, who has no address.
-- A session of the console makes one of interviews that it reaches, and finds none of a colleague's.
-- is_sound false asks for a check alone: whether another link has this external_id.
-- in   account_id text, session_id text?, interview_id text, share_link_id text, title text?, owner_name text?, owner_email text?,
--      owner_time_zone text, settings jsonb, is_expiry_given bool, expires_at timestamptz?, expires_in_s bigint?, external_id text?,
--      metadata jsonb, media_salt bytea, is_sound bool, event_ids text[], request_id text, traceparent text?
-- rows guests as struct new_reviewer from services/links/new_reviewers.h:
--      id text, name text?, email text?, token_hash bytea, passcode_hash bytea, sealed bytea, external_id text?, metadata jsonb,
--      locale text?
-- out  outcome: created | exists | of_another | faulty | no row: not_found, is_external_id_taken bool, share_link json?, version int?, sealed json?,
--      events json?
with interview as materialized (
    select i.id, i.candidate_name from links.interviews i where i.account_id = :account_id and i.id = :interview_id
      and console.session_reaches(:session_id, 'interview', i.id)
    for no key update
),
existing as materialized (
    select l.id from interview i cross join lateral links.basic_link_now(:account_id, i.id) l
),
taken as (
    select from links.share_links l where l.account_id = :account_id and l.external_id = :external_id and l.basic_of is distinct from :interview_id
),
link as (
    insert into links.share_links (
        id, account_id, kind, basic_of, title, owner_name, owner_email, owner_time_zone,
        abbreviate_names, omit_avatars, exclude_full_profiles, hide_skipped_questions, disable_feedback, mask_questionnaire,
        expires_at, send_email, external_id, metadata, media_salt, last_position)
    select :share_link_id, :account_id, 'basic', i.id, coalesce(:title, i.candidate_name), coalesce(:owner_name, a.default_sender_name, a.name),
           :owner_email, :owner_time_zone,
           links.setting(:settings, a, 'abbreviate_names'), links.setting(:settings, a, 'omit_avatars'),
           links.setting(:settings, a, 'exclude_full_profiles'), links.setting(:settings, a, 'hide_skipped_questions'),
           true, links.setting(:settings, a, 'mask_questionnaire'),
           links.expiry(:is_expiry_given, :expires_at, :expires_in_s, a), false, :external_id, :metadata, :media_salt, 1
    from interview i
    join links.accounts a on a.id = :account_id
    where :is_sound and not exists (select from existing) and not exists (select from taken)
      -- Raises where PostgreSQL does not know the zone, as create_link.sql does.
      and (now() at time zone :owner_time_zone) is not null
    returning *
),
member as (
    insert into links.share_link_interviews (share_link_id, account_id, interview_id, position)
    select id, account_id, basic_of, 1 from link
),
guest as (
    insert into links.reviewers (id, share_link_id, account_id, position, name, token_hash, passcode_hash, sealed,
                                 external_id, metadata, locale)
    select g.id, link.id, link.account_id, 1, g.name, g.token_hash, g.passcode_hash, g.sealed, g.external_id, g.metadata, g.locale from link, :guests as g
    returning *
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, data, request_id, traceparent)
    select :event_ids[1], account_id, 'link.created', id, jsonb_build_object('share_link_id', id), :request_id, :traceparent from link
    returning type, events.cloud_event(log) as cloud_event
)
select 'created' as outcome, false as is_external_id_taken,
       links.share_link_json(link, json_build_array(link.basic_of), 1,
                             (select json_agg(links.reviewer_json(guest, null, null)) from guest)) as share_link,
       link.version,
       (select json_agg(encode(sealed, 'hex')) from guest) as sealed,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event)) from logged) as events
from link
union all
select 'exists', false, n.share_link, n.version,
       (select json_agg(encode(r.sealed, 'hex') order by r.position) from links.reviewers_now(e.id) r), null
from existing e
cross join lateral links.share_link_now(e.id) n
where :is_sound and console.session_reaches(:session_id, 'share_link', e.id)
union all
select 'of_another', false, null, null, null, null
from existing e
where :is_sound and not console.session_reaches(:session_id, 'share_link', e.id)
union all
select 'faulty', exists (select from taken), null, null, null, null
from interview
where not :is_sound or (exists (select from taken) and not exists (select from existing))
