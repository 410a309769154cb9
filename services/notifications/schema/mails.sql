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
            when 'link.access_requested' then 'access_requested'
            when 'link.passcode_failed' then case when data ->> 'paused_until' is not null then 'guessing' end
            when 'link.deactivated' then 'deactivated' end;

-- Why a mail must not go out now; null when it may. Asked when it is planned, and again whenever it is about to be sent.
-- knows_reviewer: whether the reviewer whom the event names is still there. A digest goes out although it has been switched off
-- since it was planned: nothing else tells of what is in it. Stable, so that it becomes part of the statement that asks.
create or replace function notifications.mail_reason(kind text, data jsonb, recipient text, knows_reviewer boolean, reviewer_state text,
                                                     link links.mail_links, wish notifications.preferences) returns text
language sql stable as $$
    select case when kind in ('invitation', 'opened', 'review', 'access_requested', 'guessing') and not knows_reviewer then 'reviewer_removed'
                when kind not in ('digest', 'webhook_disabled') and link.share_link_id is null then 'link_deleted'
                when kind = 'deactivated' and coalesce(data ->> 'reason', 'manual') = 'manual' then 'manual'
                when recipient = '' then 'no_address'
                when kind = 'invitation' then case when reviewer_state <> 'active' then 'link_' || reviewer_state end
                when wish.unsubscribed_at is not null then 'unsubscribed'
                when kind = 'digest' then case when wish.account_id is null or (wish.opens = 'off' and wish.reviews = 'off') then 'preference_off' end
                when link.share_link_id = any (wish.muted_share_link_ids) then 'muted'
                when kind = 'opened' and wish.opens = 'off' then 'preference_off'
                when kind = 'opened' and wish.opens = 'first' and not coalesce((data ->> 'first')::boolean, false) then 'first_open_only'
                when kind = 'review' and wish.reviews = 'off' then 'preference_off'
                when kind in ('opened', 'review') and wish.digest = 'daily' then 'in_digest'
                when kind = 'expiry_warning' and link.state <> 'active' then 'link_' || link.state
                when kind = 'expiry_warning' and link.expires_at is distinct from (data ->> 'expires_at')::timestamptz then 'expiry_changed' end
$$;

-- A time as a person in that zone reads it. A zone that PostgreSQL does not know, because its tzdata is older than ours, is no
-- reason to hold back a mail: least of all those that are claimed together with it.
create or replace function notifications.local_time(at timestamptz, zone text) returns text
language plpgsql stable as $$
begin
    return to_char(at at time zone zone, 'FMDay, FMDD FMMonth YYYY, HH24:MI') || ' (' || zone || ')';
exception when invalid_parameter_value then
    return to_char(at at time zone 'UTC', 'FMDay, FMDD FMMonth YYYY, HH24:MI') || ' (UTC)';
end
$$;

-- The interviews whose feedback a mail tells of.
create or replace function notifications.reviewed_interviews(delivery notifications.deliveries) returns text[]
language sql immutable as $$
    select coalesce(delivery.gathered_items, array[delivery.event_data ->> 'interview_id'])
$$;

-- What the digest with this id tells: a list per link, an entry per reviewer and kind.
create or replace function notifications.digest_json(digest_id text) returns jsonb
language sql stable as $$
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
                   'candidates', coalesce(c.names, '[]')) as line
        from told t
        join links.mail_links l on l.share_link_id = t.share_link_id
        join links.mail_reviewers r on r.reviewer_id = t.reviewer_id
        cross join lateral (
            select jsonb_agg(jsonb_build_object('name', i.candidate_name, 'rating', v.rating) order by i.candidate_name) as names
            from links.mail_interviews i
            join views.published_reviews v on v.reviewer_id = t.reviewer_id and v.interview_id = i.interview_id
            where t.kind = 'review' and i.account_id = t.account_id and i.interview_id = any (t.interview_ids)
        ) c
    )
    select coalesce(jsonb_agg(jsonb_build_object('title', title, 'lines', lines) order by last_at desc), '[]')
    from (select title, max(last_at) as last_at, jsonb_agg(line order by last_at) as lines from lines group by share_link_id, title) links
$$;

-- All that composing a mail needs, for the worker that holds its lease. An invitation tells nothing that only a notice tells;
-- either finds all it needs at once.
create or replace function notifications.mail_json(delivery notifications.deliveries) returns jsonb
language plpgsql stable as $$
declare
    c record;
    more jsonb;
begin
    if delivery.kind = 'invitation' then
        select m.*, exists (select from notifications.deliveries e
                            where e.reviewer_id = delivery.reviewer_id and e.kind = 'invitation' and e.id < delivery.id and e.state = 'sent') as again
        into c
        from links.mail_contexts m where m.reviewer_id = delivery.reviewer_id;
        return jsonb_build_object(
            'delivery_id', delivery.id,
            'account_id', delivery.account_id,
            'kind', delivery.kind,
            'recipient', delivery.recipient,
            'attempts', delivery.attempts,
            'request_id', delivery.request_id,
            'traceparent', delivery.traceparent,
            'share_link_id', delivery.share_link_id,
            'reviewer_id', delivery.reviewer_id,
            'owner_name', c.owner_name,
            'owner_email', c.owner_email,
            'expires_at', notifications.local_time(c.expires_at, c.owner_time_zone),
            'reviewer_name', c.reviewer_name,
            'sealed', encode(c.sealed, 'hex'),
            'message_subject', c.message_subject,
            'message_body', c.message_body,
            'interview_count', c.interview_count,
            'job_title', c.job_title,
            'again', c.again);
    end if;
    select l.*, p.name as reviewer_name, p.email as reviewer_email
    into c
    from (select) one
    left join links.mail_links l on l.share_link_id = delivery.share_link_id
    left join links.mail_people p on p.reviewer_id = delivery.reviewer_id;
    if delivery.kind = 'review' then
        select jsonb_build_object('reviews', jsonb_agg(jsonb_build_object(
                   'candidate', i.candidate_name, 'rating', v.rating, 'comment', v.comment, 'is_update', v.version > 1) order by v.updated_at))
        into more
        from views.published_reviews v
        left join links.mail_interviews i on i.account_id = v.account_id and i.interview_id = v.interview_id
        where v.reviewer_id = delivery.reviewer_id and v.interview_id = any (notifications.reviewed_interviews(delivery));
    elsif delivery.kind = 'guessing' then
        more := jsonb_build_object(
            'paused_until', notifications.local_time((delivery.event_data ->> 'paused_until')::timestamptz, c.owner_time_zone));
    elsif delivery.kind = 'deactivated' then
        more := jsonb_build_object('state_reason', case when delivery.reviewer_id is null then c.state_reason
            else (select p.state_reason from links.mail_reviewers p where p.reviewer_id = delivery.reviewer_id) end);
    elsif delivery.kind = 'expiry_warning' then
        select jsonb_build_object('disable_feedback', c.disable_feedback, 'people', jsonb_agg(jsonb_build_object(
                   'name', p.name, 'opened', a.open_count is not null, 'interview_count', p.interview_count,
                   'reviewed', (select count(*) from views.published_reviews v where v.reviewer_id = p.reviewer_id)) order by p.position))
        into more
        from links.mail_reviewers p
        left join views.reviewer_activity a on a.reviewer_id = p.reviewer_id
        where p.share_link_id = delivery.share_link_id and p.deactivated_at is null;
    elsif delivery.kind = 'digest' then
        more := jsonb_build_object(
            'links', notifications.digest_json(delivery.id),
            'until', notifications.local_time(delivery.happened_at, delivery.event_data ->> 'time_zone'));
    end if;
    return jsonb_build_object(
        'delivery_id', delivery.id,
        'account_id', delivery.account_id,
        'kind', delivery.kind,
        'recipient', delivery.recipient,
        'attempts', delivery.attempts,
        'request_id', delivery.request_id,
        'traceparent', delivery.traceparent,
        'share_link_id', delivery.share_link_id,
        'reviewer_id', delivery.reviewer_id,
        'data', delivery.event_data,
        'count', delivery.gathered,
        'happened_at', notifications.local_time(delivery.happened_at, coalesce(c.owner_time_zone, delivery.event_data ->> 'time_zone')),
        'last_happened_at', notifications.local_time(coalesce(delivery.last_happened_at, delivery.happened_at), c.owner_time_zone),
        'title', c.title,
        'link_state', c.state,
        'owner_name', c.owner_name,
        'owner_email', c.owner_email,
        'expires_at', notifications.local_time(c.expires_at, c.owner_time_zone),
        'reviewer_name', c.reviewer_name,
        'reviewer_email', c.reviewer_email)
        || coalesce(more, '{}');
end
$$;
