-- What each mail is, whether it may go out, and what it tells. Bodies of functions that take rows are text, as
-- links/schema/functions.sql has it.

-- Which mail an event asks for; null for none. A wrong passcode alone asks for none: only the one that paused the link does.
create or replace function notifications.mail_kind(event_type text, data jsonb) returns text
language sql immutable
return case event_type
            when 'link.invitation_requested' then 'invitation'
            when 'link.opened' then 'opened'
            when 'review.submitted' then 'review'
            when 'review.updated' then 'review'
            when 'review.completed' then 'completed'
            when 'link.access_requested' then 'access_requested'
            when 'link.passcode_failed' then case when data ->> 'paused_until' is not null then 'guessing' end
            when 'link.deactivated' then 'deactivated' end;

-- Whose a mail of this kind is, by its link and reviewer; '' when they are gone, have no address or cannot be read. For one that
-- could not be planned.
create or replace function notifications.mail_recipient(kind text, of_share_link_id text, of_reviewer_id text) returns text
language plpgsql stable as $$
begin
    return coalesce(case kind when 'invitation' then (select reviewer_email from links.mail_contexts where reviewer_id = of_reviewer_id)
                              else (select owner_email from links.mail_links where share_link_id = of_share_link_id) end, '');
exception when data_exception or integrity_constraint_violation then
    return '';
end
$$;

-- Why a mail must not go out now; null when it may. Asked when it is planned, and again whenever it is about to be sent.
-- knows_reviewer: whether the reviewer whom the event names is still there. A digest goes out although it has been switched off
-- since it was planned: nothing else tells of what is in it. Stable, so that it becomes part of the statement that asks.
create or replace function notifications.mail_reason(kind text, data jsonb, recipient text, knows_reviewer boolean, reviewer_state text,
                                                     link links.mail_links, wish notifications.preferences) returns text
language sql stable as $$
    select case when kind in ('invitation', 'opened', 'review', 'completed', 'access_requested', 'guessing') and not knows_reviewer then 'reviewer_removed'
                when kind not in ('digest', 'webhook_disabled') and link.share_link_id is null then 'link_deleted'
                when kind = 'deactivated' and coalesce(data ->> 'reason', 'manual') = 'manual' then 'manual'
                when recipient = '' then 'no_address'
                when kind = 'invitation' then case when reviewer_state <> 'active' then 'link_' || reviewer_state end
                when wish.unsubscribed_at is not null then 'unsubscribed'
                when kind = 'digest' then case when wish.account_id is null or (wish.opens = 'off' and wish.reviews = 'off') then 'preference_off' end
                when link.share_link_id = any (wish.muted_share_link_ids) then 'muted'
                when kind = 'opened' and wish.opens = 'off' then 'preference_off'
                when kind = 'opened' and wish.opens = 'first' and not coalesce((data ->> 'first')::boolean, false) then 'first_open_only'
                when kind in ('review', 'completed') and wish.reviews = 'off' then 'preference_off'
                when kind in ('opened', 'review', 'completed') and wish.digest = 'daily' then 'in_digest'
                when kind = 'expiry_warning' and link.state <> 'active' then 'link_' || link.state
                when kind = 'expiry_warning' and link.expires_at is distinct from (data ->> 'expires_at')::timestamptz then 'expiry_changed' end
$$;

-- A time as a clock in that zone shows it, with the zone's name: 2026-12-13T10:00[Europe/Amsterdam]. A mail says it in the words of
-- its language (common/words/words.h). A zone that PostgreSQL does not know, because its tzdata is older than ours, is no reason to
-- hold back a mail: least of all those that are claimed together with it.
create or replace function notifications.local_time(at timestamptz, zone text) returns text
language plpgsql stable strict as $$
begin
    return to_char(at at time zone zone, 'YYYY-MM-DD"T"HH24:MI') || '[' || zone || ']';
exception when invalid_parameter_value then
    return to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI') || '[UTC]';
end
$$;

-- How far a reviewer has come who has said that nothing more will come; not is_done: and who has changed something since.
create or replace function notifications.completion_json(of_reviewer_id text) returns jsonb
language plpgsql stable as $$
begin
    return (
        select jsonb_build_object('is_done', a.done_at is not null, 'note', a.done_note, 'reviewed', a.reviewed_count,
                                  'interview_count', p.interview_count)
        from links.mail_reviewers p
        join views.reviewer_activity a on a.reviewer_id = p.reviewer_id
        where p.reviewer_id = of_reviewer_id);
end
$$;

-- What a digest tells: a list per link, an entry per reviewer and kind.
create or replace function notifications.digest_json(digest_id text) returns jsonb
language plpgsql stable as $$
begin
    return (
        with told as (
            select d.account_id, d.share_link_id, d.reviewer_id, d.kind, sum(d.gathered)::int as count,
                   max(coalesce(d.last_happened_at, d.happened_at)) as last_at,
                   array_agg(distinct d.event_data ->> 'interview_id') as interview_ids
            from notifications.deliveries d
            where d.gathered_into = digest_id
            group by d.account_id, d.share_link_id, d.reviewer_id, d.kind
        ),
        lines as (
            select t.share_link_id, l.title, t.last_at,
                   jsonb_build_object(
                       'kind', t.kind,
                       'reviewer', r.name,
                       'count', t.count,
                       'last_at', notifications.local_time(t.last_at, l.owner_time_zone),
                       'candidates', coalesce(c.names, '[]'))
                   || case t.kind when 'completed' then notifications.completion_json(t.reviewer_id) else '{}' end as line
            from told t
            join links.mail_links l on l.share_link_id = t.share_link_id
            join links.mail_reviewers r on r.reviewer_id = t.reviewer_id
            cross join lateral (
                select jsonb_agg(jsonb_build_object('name', i.candidate_name, 'rating', v.rating, 'recommendation', v.recommendation)
                                 order by i.candidate_name) as names
                from links.mail_interviews i
                join views.published_reviews v on v.reviewer_id = t.reviewer_id and v.interview_id = i.interview_id
                where t.kind = 'review' and i.account_id = t.account_id and i.interview_id = any (t.interview_ids)
            ) c
        )
        select coalesce(jsonb_agg(jsonb_build_object('share_link_id', share_link_id, 'title', title, 'lines', lines) order by last_at desc), '[]')
        from (select share_link_id, title, max(last_at) as last_at, jsonb_agg(line order by last_at) as lines
              from lines group by share_link_id, title) links);
end
$$;

-- How far a link's reviewers have come: how many there are, have opened, and have said that nothing more will come; and the first of
-- them by name. Null where it has no named ones. Those who are switched off are no longer waited for.
create or replace function notifications.progress_json(link links.mail_links) returns jsonb
language plpgsql stable as $$
begin
    if link.kind <> 'advanced' then
        return null;
    end if;
    return (
        with people as materialized (
            select p.name, p.position, a.open_count is not null as has_opened, a.done_at is not null as is_done,
                   coalesce(a.reviewed_count, 0) as reviewed, row_number() over (order by a.done_at is not null, p.position) as place
            from links.mail_reviewers p
            left join views.reviewer_activity a on a.reviewer_id = p.reviewer_id
            where p.share_link_id = link.share_link_id and p.deactivated_at is null
        )
        select jsonb_build_object(
            'has_feedback', not link.disable_feedback,
            'interview_count', coalesce((select p.interview_count from links.mail_reviewers p where p.share_link_id = link.share_link_id limit 1), 0),
            'count', count(*), 'opened', count(*) filter (where has_opened), 'done', count(*) filter (where is_done),
            'people', coalesce(jsonb_agg(jsonb_build_object('name', name, 'has_opened', has_opened, 'is_done', is_done, 'reviewed', reviewed)
                                         order by position) filter (where place <= 30), '[]'))
        from people);
end
$$;

-- What a reviewer's feedback says, as far as a mail tells it: the latest candidates, each with the ratings and notes of answers in the
-- order of the questions, and the average of all who rated them on this link. Long texts are cut: the whole is where the mail leads.
create or replace function notifications.feedback_json(of_reviewer_id text, interview_ids text[]) returns jsonb
language plpgsql stable as $$
begin
    return (
        with told as materialized (
            select v.*, count(*) over () as count
            from views.published_reviews v
            where v.reviewer_id = of_reviewer_id and v.interview_id = any (interview_ids)
            order by v.updated_at desc
            limit 60
        )
        select jsonb_build_object('review_count', coalesce(max(v.count), 0), 'reviews', jsonb_agg(jsonb_build_object(
                   'candidate', i.candidate_name, 'rating', v.rating, 'recommendation', v.recommendation, 'comment', left(v.comment, 2001),
                   'is_update', v.version > 1, 'average', a.average, 'average_of', a.count, 'answers', q.answers) order by v.updated_at))
        from told v
        left join links.mail_interviews i on i.account_id = v.account_id and i.interview_id = v.interview_id
        cross join lateral (
            select round(avg(w.rating), 1) as average, count(*) as count
            from views.published_reviews w
            where w.account_id = v.account_id and w.interview_id = v.interview_id and w.share_link_id = v.share_link_id and w.rating is not null
        ) a
        cross join lateral (
            with asked as materialized (
                select q.place, q.question_id, q.text from links.mail_questions q
                where q.account_id = v.account_id and q.interview_id = v.interview_id and v.question_ratings <> '[]'
            )
            select coalesce(jsonb_agg(jsonb_build_object('place', k.place, 'question', left(k.text, 201), 'rating', r.value -> 'rating',
                                                         'note', left(r.value ->> 'note', 501)) order by k.place), '[]') as answers
            from jsonb_array_elements(v.question_ratings) r
            join asked k on k.question_id = r.value ->> 'question_id'
        ) q);
end
$$;

-- What a mail of one kind alone tells. PL/pgSQL keeps the plan of each; in the statement itself, their tables would cost every
-- mail of every kind.
create or replace function notifications.mail_details(delivery notifications.deliveries, link links.mail_links) returns jsonb
language plpgsql stable as $$
declare
    details jsonb;
begin
    case delivery.kind
    when 'digest', 'webhook_disabled' then
        select jsonb_build_object('account_locale', a.account_locale, 'brand_name', a.brand_name, 'brand_accent', a.brand_accent,
                                  'brand_logo', a.brand_logo, 'console_url', a.console_url)
        into details
        from links.mail_accounts a where a.account_id = delivery.account_id;
        return coalesce(details, '{}') || case delivery.kind when 'digest' then jsonb_build_object(
            'links', notifications.digest_json(delivery.id),
            'until', notifications.local_time(delivery.happened_at, delivery.event_data ->> 'time_zone')) else '{}' end;
    when 'review', 'completed' then
        details := notifications.feedback_json(
                       delivery.reviewer_id, coalesce(delivery.gathered_items, array[delivery.event_data ->> 'interview_id']))
                   || case delivery.kind when 'completed' then notifications.completion_json(delivery.reviewer_id) else '{}' end;
    when 'guessing' then
        details := jsonb_build_object(
            'paused_until', notifications.local_time((delivery.event_data ->> 'paused_until')::timestamptz, link.owner_time_zone));
    when 'deactivated' then
        details := jsonb_build_object('state_reason', case when delivery.reviewer_id is null then link.state_reason
            else (select p.state_reason from links.mail_reviewers p where p.reviewer_id = delivery.reviewer_id) end);
    else
        details := '{}';
    end case;
    return details || jsonb_build_object(
        'reviewer_state', (select r.state from links.mail_contexts r where r.reviewer_id = delivery.reviewer_id),
        'progress', notifications.progress_json(link));
end
$$;

-- All that composing a mail needs, for the worker that holds its lease. An invitation tells nothing that only a notice tells.
-- A function of rows, so that it becomes part of the statement that asks, and is planned with it: claim_mails.sql and
-- plan_mails.sql, which have looked up the link (null for none) and the reviewer already to judge the mail.
create or replace function notifications.mail_json(delivery notifications.deliveries, link links.mail_links, reviewer_name text,
                                                   reviewer_email text) returns table (mail jsonb)
language sql stable rows 1 as $$
    select jsonb_build_object(
               'delivery_id', delivery.id,
               'account_id', delivery.account_id,
               'kind', delivery.kind,
               'recipient', delivery.recipient,
               'attempts', delivery.attempts,
               'uncertain', delivery.uncertain,
               'request_id', delivery.request_id,
               'traceparent', delivery.traceparent,
               'share_link_id', delivery.share_link_id,
               'reviewer_id', delivery.reviewer_id,
               'reviewer_name', reviewer_name,
               'owner_name', link.owner_name,
               'owner_email', link.owner_email,
               'expires_at', notifications.local_time(link.expires_at, link.owner_time_zone),
               'account_locale', link.account_locale)
           || case when delivery.kind = 'invitation' then (
                  select jsonb_build_object(
                      'sealed', encode(m.sealed, 'hex'),
                      'message_subject', m.message_subject,
                      'message_body', m.message_body,
                      'interview_count', m.interview_count,
                      'job_title', m.job_title,
                      'job_count', m.job_count,
                      'recorded_s', m.recorded_s,
                      'locale', m.reviewer_locale,
                      'brand_name', m.brand_name,
                      'brand_accent', m.brand_accent,
                      'brand_logo', m.brand_logo,
                      'again', exists (select from notifications.deliveries e
                                       where e.reviewer_id = delivery.reviewer_id and e.kind = 'invitation' and e.id < delivery.id
                                         and e.state = 'sent' and e.recipient = delivery.recipient))
                  from links.mail_contexts m where m.reviewer_id = delivery.reviewer_id)
              else
                  jsonb_build_object(
                      'data', delivery.event_data,
                      'count', delivery.gathered,
                      'happened_at', notifications.local_time(delivery.happened_at,
                                                              coalesce(link.owner_time_zone, delivery.event_data ->> 'time_zone')),
                      'last_happened_at', notifications.local_time(coalesce(delivery.last_happened_at, delivery.happened_at),
                                                                   link.owner_time_zone),
                      'title', link.title,
                      'link_state', link.state,
                      'brand_name', link.brand_name,
                      'brand_accent', link.brand_accent,
                      'brand_logo', link.brand_logo,
                      'console_url', link.console_url,
                      'reviewer_email', reviewer_email)
                  || notifications.mail_details(delivery, link)
              end
$$;
