-- The JSON that the links API answers with, made in one place. The functions take rows, not ids: a statement that has just
-- inserted a row cannot read it back from the table. Bodies are text, see functions.sql.
--
-- What is read back comes from the views, which become part of the statement that uses them and are planned with it once. The
-- functions in them are inlined, as long as none has a subquery in its body or in what it is given.

create or replace function links.account_json(account links.accounts, logo_state json) returns json
language sql stable as $$
    select json_build_object(
        'id', account.id,
        'name', account.name,
        'plan', account.plan,
        'defaults', json_build_object(
            'settings', json_build_object(
                'abbreviate_names', links.setting(null, account, 'abbreviate_names'),
                'omit_avatars', links.setting(null, account, 'omit_avatars'),
                'exclude_full_profiles', links.setting(null, account, 'exclude_full_profiles'),
                'hide_skipped_questions', links.setting(null, account, 'hide_skipped_questions'),
                'disable_feedback', links.setting(null, account, 'disable_feedback'),
                'mask_questionnaire', links.setting(null, account, 'mask_questionnaire')),
            'expires_in', case when account.default_expires_value is not null
                               then json_build_object('value', account.default_expires_value, 'unit', account.default_expires_unit) end,
            'sender_name', account.default_sender_name),
        'brand', json_build_object('name', account.brand_name, 'accent', account.brand_accent, 'logo_url', account.brand_logo_url,
                                   'logo_state', logo_state),
        'locale', account.locale,
        'console_url', account.console_url,
        'console_origins', account.console_origins,
        'advanced_links', links.has_advanced_links(account.plan),
        'version', account.version,
        'created_at', sharelink.rfc3339(account.created_at),
        'updated_at', sharelink.rfc3339(account.updated_at))
$$;

-- What became of the logo, for a statement that has just asked for it.
create or replace function links.logo_state_now(of_account_id text) returns json
language plpgsql volatile as $$
begin
    return (select w.logo_state from views.wanted_logos w where w.account_id = of_account_id);
end
$$;

create or replace function links.email_template_json(template links.email_templates) returns json
language sql stable as $$
    select json_build_object(
        'id', template.id,
        'name', template.name,
        'subject', template.subject,
        'body', template.body,
        'is_default', template.is_default,
        'version', template.version,
        'created_at', sharelink.rfc3339(template.created_at),
        'updated_at', sharelink.rfc3339(template.updated_at))
$$;

-- The document, or what is wanted of it, and what we know of the interview.
create or replace function links.interview_json(document jsonb, id text, external_id text, metadata jsonb, version int,
                                                created_at timestamptz, updated_at timestamptz) returns jsonb
language sql stable as $$
    select document || jsonb_build_object(
        'id', id,
        'external_id', external_id,
        'metadata', metadata,
        'version', version,
        'created_at', sharelink.rfc3339(created_at),
        'updated_at', sharelink.rfc3339(updated_at))
$$;

create or replace function links.interview_json(document jsonb, interview links.interviews) returns jsonb
language sql stable as $$
    select links.interview_json(document, interview.id, interview.external_id, interview.metadata, interview.version, interview.created_at,
                                interview.updated_at)
$$;

-- The text of a reviewer, and why the link of one who is off is off. Nobody reviews who has not opened.
create or replace function links.reviewer_json(reviewer links.reviewers, activity views.reviewer_activity, invitation notifications.invitations)
returns json
language sql stable as $$
    select json_build_object(
        'id', reviewer.id,
        'name', reviewer.name,
        'email', reviewer.email,
        'state', case when reviewer.deactivated_at is null then 'active' else 'deactivated' end,
        'state_reason', reviewer.state_reason,
        'external_id', reviewer.external_id,
        'metadata', reviewer.metadata,
        'locale', reviewer.locale,
        'invited_at', sharelink.rfc3339(invitation.sent_at),
        'invitation_state', coalesce(invitation.state, case when reviewer.invitation_requested_at is null then 'none' else 'pending' end),
        'first_opened_at', sharelink.rfc3339(activity.first_opened_at),
        'last_opened_at', sharelink.rfc3339(activity.last_opened_at),
        'open_count', coalesce(activity.open_count, 0),
        'reviewed_count', coalesce(activity.reviewed_count, 0),
        'watched_seconds', coalesce(activity.watched_seconds, 0),
        'done_at', sharelink.rfc3339(activity.done_at),
        'done_note', activity.done_note)
$$;

-- A reviewer as the API shows one, by reviewer_id, or those of a link, by share_link_id. What became of each is looked up one by
-- one (limit 1): a join may be planned to read all of it. Invitations to an address that the reviewer has no more tell nothing of
-- this one.
create or replace view links.reviewer_documents as
select r.id as reviewer_id, r.share_link_id, r.position, links.reviewer_json(r, a, i) as reviewer
from links.reviewers r
left join lateral (select * from views.reviewer_activity v where v.reviewer_id = r.id limit 1) a on true
left join lateral (
    select * from notifications.invitations n where n.reviewer_id = r.id and n.recipient in (r.email, '') order by n.id desc limit 1
) i on true;

create or replace function links.share_link_json(link links.share_links, interview_ids json, interview_count int, reviewers json)
returns json
language sql stable as $$
    select json_build_object(
        'id', link.id,
        'kind', link.kind,
        'title', link.title,
        'state', links.state_of(link.deactivated_at, link.expires_at),
        'state_reason', link.state_reason,
        'owner', json_build_object('name', link.owner_name, 'email', link.owner_email, 'time_zone', link.owner_time_zone),
        'settings', json_build_object(
            'abbreviate_names', link.abbreviate_names,
            'omit_avatars', link.omit_avatars,
            'exclude_full_profiles', link.exclude_full_profiles,
            'hide_skipped_questions', link.hide_skipped_questions,
            'disable_feedback', link.disable_feedback,
            'mask_questionnaire', link.mask_questionnaire),
        'send_email', link.send_email,
        'message', case when link.message_subject is null then null
                        else json_build_object('subject', link.message_subject, 'body', link.message_body) end,
        'template_id', link.template_id,
        'external_id', link.external_id,
        'metadata', link.metadata,
        'expires_at', sharelink.rfc3339(link.expires_at),
        'interview_count', interview_count,
        'interview_ids', interview_ids,
        'reviewers', reviewers,
        'version', link.version,
        'created_at', sharelink.rfc3339(link.created_at),
        'updated_at', sharelink.rfc3339(link.updated_at))
$$;

-- A link as the API shows one, by share_link_id. What belongs to it is gathered link by link, whatever else a statement joins.
create or replace view links.share_link_documents as
select l.id as share_link_id, l.account_id, l.basic_of, l.version,
       links.share_link_json(l, m.interview_ids, m.interview_count, r.reviewers) as share_link
from links.share_links l
cross join lateral (
    select coalesce(json_agg(m.interview_id order by m.position), '[]') as interview_ids, count(*)::int as interview_count
    from links.share_link_interviews m
    where m.share_link_id = l.id
) m
cross join lateral (
    select coalesce(json_agg(d.reviewer order by d.position), '[]') as reviewers
    from links.reviewer_documents d
    where d.share_link_id = l.id
) r;

create or replace function links.reviewer_now(of_reviewer_id text) returns json
language plpgsql volatile as $$
begin
    return (select d.reviewer from links.reviewer_documents d where d.reviewer_id = of_reviewer_id);
end
$$;

create or replace function links.share_link_now(of_share_link_id text) returns table (share_link json, version int)
language plpgsql volatile rows 1 as $$
begin
    return query select d.share_link, d.version from links.share_link_documents d where d.share_link_id = of_share_link_id;
end
$$;

-- What needs the owner's attention, by account_id or also by share_link_id; a link may have a code several times, once for each reviewer.
--   mail_failed: the last invitation of a reviewer who has not opened since could not be delivered
--   access_requested: a reviewer has asked for a new link, and has got neither that nor in
--   expires_unreviewed: the link expires within two days, and a reviewer has given no feedback and is not done
--   unusual_activity: the link of a reviewer was switched off because of how it was used
-- Each begins with what is rare, by an index of the account. Of a link that is over only who asks for access matters.
create or replace view links.link_attention as
select f.account_id, f.share_link_id, 'mail_failed' as code
from notifications.failed_invitations f
join links.reviewers r on r.id = f.reviewer_id and f.recipient in (r.email, '')
join links.share_links l on l.id = r.share_link_id
left join views.reviewer_progress p on p.reviewer_id = r.id
where links.state_of(coalesce(l.deactivated_at, r.deactivated_at), l.expires_at) = 'active'
  and coalesce(p.last_opened_at < f.created_at, true)
  and not exists (select from notifications.invitations n where n.reviewer_id = r.id and n.id > f.id and n.recipient in (r.email, ''))
union all
select q.account_id, q.share_link_id, 'access_requested'
from views.published_access_requests q
join links.reviewers r on r.id = q.reviewer_id and r.passcode_epoch = q.passcode_epoch
join links.share_links l on l.id = r.share_link_id
left join views.reviewer_progress p on p.reviewer_id = r.id
where q.requested_at > greatest(r.invitation_requested_at, p.last_opened_at, l.active_since)
union all
select l.account_id, l.id, 'expires_unreviewed'
from links.share_links l
where coalesce(l.expires_at, 'infinity'::timestamptz) > now() and coalesce(l.expires_at, 'infinity'::timestamptz) <= now() + interval '48 hours'
  and l.deactivated_at is null and l.kind = 'advanced' and not l.disable_feedback
  and exists (select from links.reviewers r
              left join views.reviewer_progress p on p.reviewer_id = r.id
              where r.share_link_id = l.id and r.deactivated_at is null and p.done_at is null and not coalesce(p.has_reviewed, false))
union all
select r.account_id, r.share_link_id, 'unusual_activity'
from links.reviewers r
join links.share_links l on l.id = r.share_link_id
where r.state_reason ->> 'code' = 'unusual_activity' and links.state_of(l.deactivated_at, l.expires_at) = 'active';

-- A link as a list of many shows one, by share_link_id: a row of some hundred bytes, however many reviewers and interviews it has.
-- attention is added by the statement, for all its links at once.
create or replace view links.share_link_summaries as
select l.id as share_link_id, l.kind, l.title, links.state_of(l.deactivated_at, l.expires_at) as state, l.state_reason,
       sharelink.rfc3339(l.expires_at) as expires_at, sharelink.rfc3339(l.created_at) as created_at,
       sharelink.rfc3339(nullif(v.last_opened_at, '-infinity')) as last_opened_at, m.interview_count, j.job_title, r.open_count,
       round(v.rating_sum / nullif(v.rating_count, 0)::numeric, 2) as average_rating, r.reviewers
from links.share_links l
join views.share_link_activity v on v.share_link_id = l.id
cross join lateral (select count(*)::int as interview_count from links.share_link_interviews m where m.share_link_id = l.id) m
left join lateral (
    select i.job_title
    from links.share_link_interviews m
    join links.interviews i on i.account_id = m.account_id and i.id = m.interview_id
    where m.share_link_id = l.id
    order by m.position
    limit 1
) j on true
cross join lateral (
    select c.open_count, row_to_json(n) as reviewers
    from (
        select count(*) as count, count(*) filter (where i.state = 'sent') as invited, count(*) filter (where i.state = 'failed') as failed,
               count(*) filter (where p.open_count > 0) as opened, count(*) filter (where p.has_reviewed) as reviewed,
               count(p.done_at) as done, coalesce(sum(p.open_count), 0)::bigint as open_count
        from links.reviewers r
        left join views.reviewer_progress p on p.reviewer_id = r.id
        left join lateral (
            select n.state from notifications.invitations n
            where r.invitation_requested_at is not null and n.reviewer_id = r.id and n.recipient in (r.email, '')
            order by n.id desc limit 1
        ) i on true
        where r.share_link_id = l.id
    ) c
    cross join lateral (select c.count, c.invited, c.failed, c.opened, c.reviewed, c.done) n
) r;
