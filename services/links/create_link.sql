-- Stores a share link with its members, its reviewers and its events, or stores nothing and says which of the things that
-- it refers to do not exist. $22 false asks for that check alone. What the request leaves out is filled in from the account's
-- defaults: settings, expiry ($26 false), the owner's name, and the default template ($27 true).
with account as (
    select a as account from links.accounts a where a.id = $1
),
wanted as (
    select u.id, u.place::int, i.id is not null as found
    from unnest($15::text[]) with ordinality as u (id, place)
    left join links.interviews i on i.account_id = $1 and i.id = u.id
),
template as (
    select id, subject, body from links.email_templates
    where account_id = $1 and case when $27::boolean then is_default else id = $14 end
),
sound as (
    select account from account
    where $22::boolean
      and coalesce($4, (account).default_sender_name) is not null
      and (now() at time zone $6) is not null -- raises where PostgreSQL does not know the zone: its mails could never be written
      and not exists (select from wanted where not found)
      and ($14::text is null or exists (select from template))
),
link as (
    insert into links.share_links (
        id, account_id, kind, title, owner_name, owner_email, owner_time_zone,
        abbreviate_names, omit_avatars, exclude_full_profiles, hide_skipped_questions, disable_feedback, mask_questionnaire,
        expires_at, send_email, message_subject, message_body, template_id, media_salt, last_position)
    select $2, $1, 'advanced', $3, coalesce($4, (account).default_sender_name), $5, $6,
           links.setting($7::jsonb, account, 'abbreviate_names'), links.setting($7::jsonb, account, 'omit_avatars'),
           links.setting($7::jsonb, account, 'exclude_full_profiles'), links.setting($7::jsonb, account, 'hide_skipped_questions'),
           links.setting($7::jsonb, account, 'disable_feedback'), links.setting($7::jsonb, account, 'mask_questionnaire'),
           links.expiry($26::boolean, $8::timestamptz, $9::bigint, account), $10::boolean,
           coalesce($11, (select subject from template)), coalesce($12, (select body from template)), (select id from template),
           $13::bytea, cardinality($15::text[])
    from sound
    returning *
),
members as (
    insert into links.share_link_interviews (share_link_id, account_id, interview_id, position)
    select link.id, link.account_id, wanted.id, wanted.place from link, wanted
),
people as (
    insert into links.reviewers (id, share_link_id, account_id, position, name, email, token_hash, passcode_hash, sealed,
                                 invitation_requested_at)
    select u.id, link.id, link.account_id, u.place, u.name, u.email, u.token_hash, u.passcode_hash, u.sealed,
           case when link.send_email then now() end
    from link, unnest($16::text[], $17::text[], $18::text[], $19::bytea[], $20::bytea[], $21::bytea[]) with ordinality
                   as u (id, name, email, token_hash, passcode_hash, sealed, place)
    returning *
),
happened (event_id, type, reviewer_id) as (
    select ($23::text[])[1], 'link.created', null from link
    union all
    select ($23::text[])[1 + p.position], 'link.invitation_requested', p.id from people p, link where link.send_email
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, reviewer_id, data, request_id, traceparent)
    select h.event_id, link.account_id, h.type, link.id, h.reviewer_id,
           jsonb_strip_nulls(jsonb_build_object('share_link_id', link.id, 'reviewer_id', h.reviewer_id)), $24, $25
    from happened h, link
    returning id, type, events.cloud_event(log) as cloud_event
)
select (select json_agg(place - 1 order by place) from wanted where not found) as missing_interviews,
       $14::text is not null and not exists (select from template) as missing_template,
       (select links.share_link_json(link, to_json($15::text[]), cardinality($15::text[]),
                                     (select json_agg(links.reviewer_json(people, null, null) order by position) from people))
        from link) as share_link,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event) order by id) from logged) as events,
       $4::text is null and exists (select from account where (account).default_sender_name is null) as missing_name
