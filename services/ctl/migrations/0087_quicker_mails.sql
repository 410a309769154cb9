-- What PostgreSQL does for every mail, at a fraction of what it cost.

-- As before: RFC 9562's version 7 in Crockford's base32, five bits a digit. Of the UUID's 128 bits and the two zero bits
-- before them, ten digits are the milliseconds; the other sixteen are the version and what follows it in a version 4.
create or replace function sharelink.new_id(prefix text) returns text
language plpgsql volatile as $$
declare
    digits constant text := '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
    made constant text := encode(uuid_send(gen_random_uuid()), 'hex');
    ms constant bigint := floor(extract(epoch from clock_timestamp()) * 1000);
    high constant bigint := ('x7' || substr(made, 14, 9))::bit(40)::bigint;
    low constant bigint := ('x' || substr(made, 23, 10))::bit(40)::bigint;
    id text := prefix;
begin
    for i in reverse 9..0 loop
        id := id || substr(digits, 1 + (ms >> 5 * i & 31)::int, 1);
    end loop;
    for i in reverse 7..0 loop
        id := id || substr(digits, 1 + (high >> 5 * i & 31)::int, 1);
    end loop;
    for i in reverse 7..0 loop
        id := id || substr(digits, 1 + (low >> 5 * i & 31)::int, 1);
    end loop;
    return id;
end
$$;

-- Stable, so that it becomes part of the statement that asks: as PL/pgSQL its expressions are made ready anew by every transaction.
create or replace function notifications.mail_reason(kind text, data jsonb, recipient text, knows_reviewer boolean, reviewer_state text,
                                                     link links.mail_links, wish notifications.preferences) returns text
language sql stable as $$
    select case when kind in ('invitation', 'opened', 'review', 'access_requested', 'guessing') and not knows_reviewer then 'reviewer_removed'
                when kind not in ('digest', 'webhook_disabled') and link.share_link_id is null then 'link_deleted'
                when kind = 'deactivated' and coalesce(data ->> 'reason', 'manual') = 'manual' then 'manual'
                when recipient = '' then 'no_address'
                when kind = 'invitation' then case when reviewer_state <> 'active' then 'link_' || reviewer_state end
                when wish.unsubscribed_at is not null then 'unsubscribed'
                when kind = 'digest' then case when wish.digest is distinct from 'daily' then 'preference_off' end
                when link.share_link_id = any (wish.muted_share_link_ids) then 'muted'
                when kind = 'opened' and wish.opens = 'off' then 'preference_off'
                when kind = 'opened' and wish.opens = 'first' and not coalesce((data ->> 'first')::boolean, false) then 'first_open_only'
                when kind = 'review' and wish.reviews = 'off' then 'preference_off'
                when kind in ('opened', 'review') and wish.digest = 'daily' then 'in_digest'
                when kind = 'expiry_warning' and link.state <> 'active' then 'link_' || link.state
                when kind = 'expiry_warning' and link.expires_at is distinct from (data ->> 'expires_at')::timestamptz then 'expiry_changed' end
$$;

-- An invitation tells nothing that only a notice tells; either finds all it needs at once.
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
