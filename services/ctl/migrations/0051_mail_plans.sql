-- The two functions that every mail passes, as PL/pgSQL: it keeps their plans for the life of a connection, where a function in
-- SQL is planned anew by every statement that calls it. That is most of what a mail cost.

create or replace function notifications.mail_reason(kind text, data jsonb, recipient text, knows_reviewer boolean, reviewer_state text,
                                                     link links.mail_links, wish notifications.preferences) returns text
language plpgsql immutable as $$
begin
    return case when kind in ('invitation', 'opened', 'review', 'access_requested', 'guessing') and not knows_reviewer then 'reviewer_removed'
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
                when kind = 'expiry_warning' and link.expires_at is distinct from (data ->> 'expires_at')::timestamptz then 'expiry_changed' end;
end
$$;

-- Published for the notifications service: a reviewer, without what takes time to find.
create view links.mail_people as select id as reviewer_id, name, email, sealed from links.reviewers;
grant select on links.mail_people to sharelink_notifications;

create or replace function notifications.mail_json(delivery notifications.deliveries) returns jsonb
language plpgsql stable as $$
declare
    l links.mail_links;
    r record;
    more jsonb;
begin
    select * into l from links.mail_links m where m.share_link_id = delivery.share_link_id;
    select m.name, m.email, m.sealed into r from links.mail_people m where m.reviewer_id = delivery.reviewer_id;
    if delivery.kind = 'invitation' then
        select jsonb_build_object(
                   'sealed', encode(r.sealed, 'hex'),
                   'message_subject', c.message_subject,
                   'message_body', c.message_body,
                   'interview_count', c.interview_count,
                   'job_title', c.job_title,
                   'again', exists (select from notifications.deliveries e
                                    where e.reviewer_id = delivery.reviewer_id and e.kind = 'invitation' and e.id < delivery.id and e.state = 'sent'))
        into more
        from links.mail_contexts c where c.reviewer_id = delivery.reviewer_id;
    elsif delivery.kind = 'review' then
        select jsonb_build_object('reviews', jsonb_agg(jsonb_build_object(
                   'candidate', i.candidate_name, 'rating', v.rating, 'comment', v.comment, 'is_update', v.version > 1) order by v.updated_at))
        into more
        from views.published_reviews v
        left join links.mail_interviews i on i.account_id = v.account_id and i.interview_id = v.interview_id
        where v.reviewer_id = delivery.reviewer_id and v.interview_id = any (notifications.reviewed_interviews(delivery));
    elsif delivery.kind = 'guessing' then
        more := jsonb_build_object(
            'paused_until', notifications.local_time((delivery.event_data ->> 'paused_until')::timestamptz, l.owner_time_zone));
    elsif delivery.kind = 'deactivated' then
        more := jsonb_build_object('state_reason', case when delivery.reviewer_id is null then l.state_reason
            else (select p.state_reason from links.mail_reviewers p where p.reviewer_id = delivery.reviewer_id) end);
    elsif delivery.kind = 'expiry_warning' then
        select jsonb_build_object('disable_feedback', l.disable_feedback, 'people', jsonb_agg(jsonb_build_object(
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
        'happened_at', notifications.local_time(delivery.happened_at, coalesce(l.owner_time_zone, delivery.event_data ->> 'time_zone')),
        'last_happened_at', notifications.local_time(coalesce(delivery.last_happened_at, delivery.happened_at), l.owner_time_zone),
        'title', l.title,
        'link_state', l.state,
        'owner_name', l.owner_name,
        'owner_email', l.owner_email,
        'expires_at', notifications.local_time(l.expires_at, l.owner_time_zone),
        'reviewer_name', r.name,
        'reviewer_email', r.email)
        || coalesce(more, '{}');
end
$$;
