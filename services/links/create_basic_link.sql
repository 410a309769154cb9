-- Makes the basic link of an interview, or finds the one that is there. The interview's row is locked, so that of two callers
-- the second finds what the first has made. What the request leaves out comes from the account's defaults, the owner's name
-- in the end from the account's own, the title from the candidate's name.
with interview as materialized (
    select i.id, i.candidate_name from links.interviews i where i.account_id = $1 and i.id = $2 for no key update
),
existing as materialized (
    select l.id from interview i cross join lateral links.basic_link_now($1, i.id) l
),
link as (
    insert into links.share_links (
        id, account_id, kind, basic_of, title, owner_name, owner_email, owner_time_zone,
        abbreviate_names, omit_avatars, exclude_full_profiles, hide_skipped_questions, disable_feedback, mask_questionnaire,
        expires_at, send_email, media_salt, last_position)
    select $3, $1, 'basic', i.id, coalesce($4, i.candidate_name), coalesce($5, a.default_sender_name, a.name), $6, $7,
           links.setting($8::jsonb, a, 'abbreviate_names'), links.setting($8::jsonb, a, 'omit_avatars'),
           links.setting($8::jsonb, a, 'exclude_full_profiles'), links.setting($8::jsonb, a, 'hide_skipped_questions'),
           true, links.setting($8::jsonb, a, 'mask_questionnaire'),
           links.expiry($9::boolean, $10::timestamptz, $11::bigint, a), false, $12::bytea, 1
    from interview i
    join links.accounts a on a.id = $1
    where not exists (select from existing)
      and (now() at time zone $7) is not null -- raises where PostgreSQL does not know the zone, as create_link.sql does
    returning *
),
member as (
    insert into links.share_link_interviews (share_link_id, account_id, interview_id, position)
    select id, account_id, basic_of, 1 from link
),
guest as (
    insert into links.reviewers (id, share_link_id, account_id, position, name, token_hash, passcode_hash, sealed)
    select ($13::text[])[1], id, account_id, 1, ($14::text[])[1], ($16::bytea[])[1], ($17::bytea[])[1], ($18::bytea[])[1] from link
    where ($15::text[])[1] is null
    returning *
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, data, request_id, traceparent)
    select ($19::text[])[1], account_id, 'link.created', id, jsonb_build_object('share_link_id', id), $20, $21 from link
    returning type, events.cloud_event(log) as cloud_event
)
select 'created' as outcome,
       links.share_link_json(link, json_build_array(link.basic_of), 1,
                             (select json_agg(links.reviewer_json(guest, null, null)) from guest)) as share_link,
       link.version,
       (select json_agg(encode(sealed, 'hex')) from guest) as sealed,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event)) from logged) as events
from link
union all
select 'exists', n.share_link, n.version,
       (select json_agg(encode(r.sealed, 'hex') order by r.position) from links.reviewers_now(e.id) r), null
from existing e
cross join lateral links.share_link_now(e.id) n
