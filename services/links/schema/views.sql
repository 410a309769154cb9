-- What the links service publishes: what others may read of its tables.

-- For the views service: the door that a token leads to.
create or replace view links.doors as
select r.token_hash, r.id as reviewer_id, r.name as reviewer_name, r.passcode_hash, r.passcode_epoch,
       l.id as share_link_id, l.account_id, l.kind, l.expires_at, l.owner_name as sender_name, l.media_salt,
       links.state_of(coalesce(l.deactivated_at, r.deactivated_at), l.expires_at) as state,
       l.abbreviate_names, l.omit_avatars, l.exclude_full_profiles, l.hide_skipped_questions, l.disable_feedback,
       l.mask_questionnaire, r.state_reason ->> 'code' as state_code,
       r.locale as reviewer_locale, a.locale as account_locale, a.brand_name, a.brand_accent, a.brand_logo,
       l.owner_time_zone as sender_time_zone, coalesce(l.deactivated_at, r.deactivated_at) as closed_at,
       case when l.deactivated_at is not null then l.state_reason else r.state_reason end ->> 'code' as closed_code
from links.reviewers r
join links.share_links l on l.id = r.share_link_id
join links.accounts a on a.id = l.account_id;

-- For the views service: what lies behind a door, but for the candidates' mail addresses, which no page shows. What the settings hide
-- is taken out by the statement that makes the reviewer's page.
create or replace view links.shared_interviews as
select m.share_link_id, m.position, i.id as interview_id, i.document #- '{candidate,email}' as document, i.job_id, i.recorded_s
from links.share_link_interviews m
join links.interviews i on i.account_id = m.account_id and i.id = m.interview_id;

-- For the views service: what a page of this link depends on, as text that is the same only while all of it is.
create or replace view links.content_states as
select l.id as share_link_id, l.kind,
       concat_ws(' ', l.version, coalesce(v.version, 0), l.abbreviate_names::int, l.omit_avatars::int, l.exclude_full_profiles::int,
                 l.hide_skipped_questions::int, l.disable_feedback::int, l.mask_questionnaire::int,
                 extract(epoch from l.expires_at), l.owner_name, a.version, a.brand_logo) as content_version
from links.share_links l
join links.accounts a on a.id = l.account_id
left join links.document_versions v on v.account_id = l.account_id;

-- For the notifications service: all that an invitation to a reviewer's link may need. A preview shows what a mail would say.
create or replace view links.mail_contexts as
select r.id as reviewer_id, r.name as reviewer_name, r.email as reviewer_email, r.sealed,
       l.id as share_link_id, l.account_id, l.title, l.owner_name, l.owner_email, l.owner_time_zone,
       l.message_subject, l.message_body, l.expires_at,
       links.state_of(coalesce(l.deactivated_at, r.deactivated_at), l.expires_at) as state,
       (select count(*) from links.share_link_interviews m where m.share_link_id = l.id)::int as interview_count,
       (select i.document #>> '{job,title}' from links.share_link_interviews m
        join links.interviews i on i.account_id = m.account_id and i.id = m.interview_id
        where m.share_link_id = l.id order by m.position limit 1) as job_title,
       r.locale as reviewer_locale, a.locale as account_locale, a.brand_name, a.brand_accent, a.brand_logo,
       (select count(distinct i.job_id) from links.share_link_interviews m
        join links.interviews i on i.account_id = m.account_id and i.id = m.interview_id
        where m.share_link_id = l.id)::int as job_count,
       (select coalesce(sum(i.recorded_s), 0) from links.share_link_interviews m
        join links.interviews i on i.account_id = m.account_id and i.id = m.interview_id
        where m.share_link_id = l.id)::int as recorded_s
from links.reviewers r
join links.share_links l on l.id = r.share_link_id
join links.accounts a on a.id = l.account_id;

-- For the notifications service, beside mail_contexts: a link, its people and its candidates' names.
create or replace view links.mail_links as
select l.id as share_link_id, l.account_id, l.kind, l.title, l.owner_name, l.owner_email, l.owner_time_zone, l.disable_feedback,
       l.created_at, l.expires_at, l.deactivated_at, l.state_reason, links.state_of(l.deactivated_at, l.expires_at) as state,
       a.locale as account_locale, a.brand_name, a.brand_accent, a.brand_logo, a.console_url
from links.share_links l
join links.accounts a on a.id = l.account_id;

create or replace view links.mail_reviewers as
select r.id as reviewer_id, r.share_link_id, r.position, r.name, r.deactivated_at, r.state_reason,
       (select count(*) from links.share_link_interviews m where m.share_link_id = r.share_link_id)::int as interview_count
from links.reviewers r;

create or replace view links.mail_interviews as
select account_id, id as interview_id, candidate_name from links.interviews;

-- For the notifications service: what an interview's questions ask, by which a mail names the answers that feedback is about. What was
-- answered is not in it.
create or replace view links.mail_questions as
select i.account_id, i.id as interview_id, q.place::int as place, q.question ->> 'id' as question_id, q.question ->> 'text' as text
from links.interviews i
cross join lateral jsonb_array_elements(case jsonb_typeof(i.document -> 'questions') when 'array' then i.document -> 'questions' else '[]' end)
    with ordinality as q (question, place);

-- A reviewer, without what takes time to find.
create or replace view links.mail_people as select id as reviewer_id, name, email, sealed from links.reviewers;

-- For the notifications service: by what a webhook endpoint chooses links.
create or replace view links.webhook_links as select id as share_link_id, account_id, external_id from links.share_links;

-- For the notifications service: what is told to an account that is about no one link, in which language, and how it looks.
create or replace view links.mail_accounts as
select id as account_id, locale as account_locale, brand_name, brand_accent, brand_logo, console_url from links.accounts;
