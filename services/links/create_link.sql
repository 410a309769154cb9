-- Stores a share link with its members, its reviewers and its events, or stores nothing and says which of the things that
-- it refers to do not exist. is_sound false asks for that check alone. What the request leaves out is filled in from the
-- account's defaults: settings, expiry (is_expiry_given false), the owner's name (in the end the account's), and the default template
-- (takes_default_template true). The interviews' rows are locked before all others (docs/architecture.md, "In which order rows are
-- locked").
-- in   account_id text, session_id text?, share_link_id text, title text?, owner_name text?, owner_email text?, owner_time_zone text, settings jsonb,
--      is_expiry_given bool, expires_at timestamptz?, expires_in_s bigint?, send_email bool, message_subject text?,
--      message_body text?, template_id text?, takes_default_template bool, external_id text?, metadata jsonb, interview_ids text[],
--      media_salt bytea, is_sound bool, content_max bigint, mails_max int, event_ids text[], request_id text, traceparent text?
-- rows reviewers as struct new_reviewer from services/links/new_reviewers.h:
--      id text, name text?, email text?, token_hash bytea, passcode_hash bytea, sealed bytea, external_id text?, metadata jsonb,
--      locale text?
-- out  outcome: created | faulty | too_many_mails, missing_interviews json?, content_size bigint, is_template_missing bool,
--      is_external_id_taken bool, refused json?, retry_s int?, share_link json?, events json?
with account as (
    select a as account from links.accounts a where a.id = :account_id
),
held as materialized (
    select h.id from links.hold_interviews(:account_id, :interview_ids) h (id)
),
wanted as materialized (
    select u.id, u.place::int, s.size, exists (select from held h where h.id = u.id) and console.session_reaches(:session_id, 'interview', u.id) as found
    from unnest(:interview_ids) with ordinality as u (id, place)
    cross join lateral (select (select i.content_size + coalesce(t.size, 0) from links.interviews i
                                left join views.transcript_sizes t on t.account_id = i.account_id and t.interview_id = i.id
                                where i.account_id = :account_id and i.id = u.id) as size) s
),
template as (
    select id, subject, body from links.email_templates
    where account_id = :account_id and case when :takes_default_template then is_default else id = :template_id end
),
taken as (
    select from links.share_links l where l.account_id = :account_id and l.external_id = :external_id
),
sound as (
    select account from account
    where :is_sound
      -- Raises where PostgreSQL does not know the zone: its mails could never be written.
      and (now() at time zone :owner_time_zone) is not null
      and not exists (select from wanted where not found)
      and (select coalesce(sum(size), 0) from wanted) <= :content_max
      and (:template_id is null or exists (select from template))
      and not exists (select from taken)
),
mails as materialized (
    select t.*
    from sound
    cross join lateral links.take_mails(:account_id, 'invitation', array(select r.email from :reviewers as r order by r.place), :mails_max) t
    where :send_email
),
link as (
    insert into links.share_links (
        id, account_id, kind, title, owner_name, owner_email, owner_time_zone,
        abbreviate_names, omit_avatars, exclude_full_profiles, hide_skipped_questions, disable_feedback, mask_questionnaire,
        expires_at, send_email, message_subject, message_body, template_id, external_id, metadata, media_salt,
        last_position)
    select :share_link_id, :account_id, 'advanced', :title, coalesce(:owner_name, (account).default_sender_name, (account).name), :owner_email,
           :owner_time_zone,
           links.setting(:settings, account, 'abbreviate_names'), links.setting(:settings, account, 'omit_avatars'),
           links.setting(:settings, account, 'exclude_full_profiles'), links.setting(:settings, account, 'hide_skipped_questions'),
           links.setting(:settings, account, 'disable_feedback'), links.setting(:settings, account, 'mask_questionnaire'),
           links.expiry(:is_expiry_given, :expires_at, :expires_in_s, account), :send_email,
           coalesce(:message_subject, (select subject from template)), coalesce(:message_body, (select body from template)),
           (select id from template), :external_id, :metadata,
           :media_salt, cardinality(:interview_ids)
    from sound
    where not exists (select from mails where refused is not null)
    returning *
),
members as (
    insert into links.share_link_interviews (share_link_id, account_id, interview_id, position)
    select link.id, link.account_id, wanted.id, wanted.place from link, wanted
),
people as (
    insert into links.reviewers (id, share_link_id, account_id, position, name, email, token_hash, passcode_hash, sealed,
                                 external_id, metadata, locale, invitation_requested_at)
    select r.id, link.id, link.account_id, r.place, r.name, r.email, r.token_hash, r.passcode_hash, r.sealed, r.external_id, r.metadata, r.locale,
           case when link.send_email then now() end
    from link, :reviewers as r
    returning *
),
happened (event_id, type, reviewer_id) as (
    select :event_ids[1], 'link.created', null from link
    union all
    select :event_ids[1 + p.position], 'link.invitation_requested', p.id from people p, link where link.send_email
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, reviewer_id, data, request_id, traceparent)
    select h.event_id, link.account_id, h.type, link.id, h.reviewer_id,
           jsonb_strip_nulls(jsonb_build_object('share_link_id', link.id, 'reviewer_id', h.reviewer_id)), :request_id, :traceparent
    from happened h, link
    returning id, type, events.cloud_event(log) as cloud_event
)
select case when exists (select from link) then 'created'
            when exists (select from mails where refused is not null) then 'too_many_mails'
            else 'faulty' end as outcome,
       (select json_agg(place - 1 order by place) from wanted where not found) as missing_interviews,
       (select coalesce(sum(size), 0) from wanted)::bigint as content_size,
       :template_id is not null and not exists (select from template) as is_template_missing,
       exists (select from taken) as is_external_id_taken,
       (select to_json(refused) from mails) as refused, (select retry_s from mails) as retry_s,
       (select links.share_link_json(link, to_json(:interview_ids), cardinality(:interview_ids),
                                     (select json_agg(links.reviewer_json(people, null, null) order by position) from people))
        from link) as share_link,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event) order by id) from logged) as events
