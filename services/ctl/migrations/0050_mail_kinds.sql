-- What the mails beyond invitation and open need: what a recruiter wants to hear of, windows in which several events make
-- one mail, mails that time asks for and no event, and what each kind of mail tells.

-- What a recruiter wants, per account and address (folded as ASCII, the way the API compares addresses). No row: the
-- defaults, which are those of the columns.
create table notifications.preferences (
    account_id           text        not null collate "C",
    address              text        not null collate "C",
    opens                text        not null default 'every' check (opens in ('every', 'first', 'off')),
    reviews              text        not null default 'every' check (reviews in ('every', 'off')),
    digest               text        not null default 'off' check (digest in ('off', 'daily')),
    muted_share_link_ids text[]      not null default '{}' collate "C",
    -- Since when the digest is wanted, and the end of the day that the last one told of.
    digest_since         timestamptz,
    digest_until         timestamptz,
    -- "No mails at all", said on the unsubscribe page. Preferences that are set afterwards count again.
    unsubscribed_at      timestamptz,
    version              int         not null default 1,
    updated_at           timestamptz not null default now(),
    primary key (account_id, address)
);
create index preferences_with_digest on notifications.preferences (account_id, address) where digest = 'daily';

-- A delivery into which further events may be gathered until it is sent (gathers), how many it tells of, and of what; and
-- those that were gathered, with the one that tells of them.
alter table notifications.deliveries
    add column gathers          boolean     not null default false,
    add column gathered         int         not null default 1,
    add column gathered_items   text[]      collate "C",
    add column last_happened_at timestamptz,
    add column gathered_into    text        collate "C";
create index deliveries_gathered on notifications.deliveries (gathered_into) where gathered_into is not null;
create index deliveries_for_digest on notifications.deliveries (account_id, (lower(recipient collate "C")), happened_at)
    where reason = 'in_digest' and gathered_into is null;

-- An open window: one per recipient and subject. Whoever plans adds to it under its row's lock; whoever claims its delivery
-- closes it, and never waits for that lock.
create table notifications.gatherings (
    key         text        primary key collate "C",
    delivery_id text        not null unique collate "C",
    count       int         not null,
    items       text[]      not null collate "C",
    last_at     timestamptz not null,
    due_at      timestamptz not null,
    due_at_most timestamptz not null
) with (fillfactor = 50);

-- A delivery that is given up by another way than a claim closes its window, too: what happens later begins a new one.
create function notifications.close_gathering() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    delete from notifications.gatherings where delivery_id = new.id;
    return null;
end
$$;
revoke execute on function notifications.close_gathering() from public;
create trigger close_gathering after update of state on notifications.deliveries
    for each row when (old.gathers and new.state <> 'pending') execute function notifications.close_gathering();

-- Published for the notifications service, beside links.mail_contexts: a link, its people and its candidates' names.
create view links.mail_links as
select l.id as share_link_id, l.account_id, l.kind, l.title, l.owner_name, l.owner_email, l.owner_time_zone, l.disable_feedback,
       l.created_at, l.expires_at, l.deactivated_at, l.state_reason, links.state_of(l.deactivated_at, l.expires_at) as state
from links.share_links l;

create view links.mail_reviewers as
select r.id as reviewer_id, r.share_link_id, r.position, r.name, r.deactivated_at, r.state_reason,
       (select count(*) from links.share_link_interviews m where m.share_link_id = r.share_link_id)::int as interview_count
from links.reviewers r;

create view links.mail_interviews as
select account_id, id as interview_id, candidate_name from links.interviews;

create index share_links_to_expire on links.share_links (expires_at) where deactivated_at is null and expires_at is not null;

-- Which mail an event asks for; null for none. A wrong passcode alone asks for none: only the one that paused the link does.
create function notifications.mail_kind(event_type text, data jsonb) returns text
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
-- knows_reviewer: whether the reviewer whom the event names is still there.
create function notifications.mail_reason(kind text, data jsonb, recipient text, knows_reviewer boolean, reviewer_state text,
                                          link links.mail_links, wish notifications.preferences) returns text
language sql immutable
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

-- The interviews whose feedback a mail tells of.
create function notifications.reviewed_interviews(delivery notifications.deliveries) returns text[]
language sql immutable
return coalesce(delivery.gathered_items, array[delivery.event_data ->> 'interview_id']);

-- What the digest with this id tells: a list per link, an entry per reviewer and kind.
create function notifications.digest_json(digest_id text) returns jsonb
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

-- All that composing a mail needs, for the worker that holds its lease.
create function notifications.mail_json(delivery notifications.deliveries) returns jsonb
language sql stable as $$
    select jsonb_build_object(
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
               'happened_at', notifications.local_time(delivery.happened_at, l.owner_time_zone),
               'last_happened_at', notifications.local_time(coalesce(delivery.last_happened_at, delivery.happened_at), l.owner_time_zone),
               'title', l.title,
               'link_state', l.state,
               'owner_name', l.owner_name,
               'owner_email', l.owner_email,
               'expires_at', notifications.local_time(l.expires_at, l.owner_time_zone),
               'reviewer_name', r.reviewer_name,
               'reviewer_email', r.reviewer_email)
           || coalesce(case delivery.kind
               when 'invitation' then jsonb_build_object(
                   'sealed', encode(r.sealed, 'hex'),
                   'message_subject', r.message_subject,
                   'message_body', r.message_body,
                   'interview_count', r.interview_count,
                   'job_title', r.job_title,
                   'again', exists (select from notifications.deliveries e
                                    where e.reviewer_id = delivery.reviewer_id and e.kind = 'invitation' and e.id < delivery.id and e.state = 'sent'))
               when 'review' then jsonb_build_object('reviews', (
                   select jsonb_agg(jsonb_build_object(
                              'candidate', i.candidate_name, 'rating', v.rating, 'comment', v.comment,
                              'is_update', v.version > 1) order by v.updated_at)
                   from views.published_reviews v
                   left join links.mail_interviews i on i.account_id = v.account_id and i.interview_id = v.interview_id
                   where v.reviewer_id = delivery.reviewer_id and v.interview_id = any (notifications.reviewed_interviews(delivery))))
               when 'guessing' then jsonb_build_object(
                   'paused_until', notifications.local_time((delivery.event_data ->> 'paused_until')::timestamptz, l.owner_time_zone))
               when 'deactivated' then jsonb_build_object('state_reason', (
                   select coalesce(case when delivery.reviewer_id is null then l.state_reason end,
                                   (select p.state_reason from links.mail_reviewers p where p.reviewer_id = delivery.reviewer_id))))
               when 'expiry_warning' then jsonb_build_object('disable_feedback', l.disable_feedback, 'people', (
                   select jsonb_agg(jsonb_build_object(
                              'name', p.name, 'opened', a.open_count is not null, 'interview_count', p.interview_count,
                              'reviewed', (select count(*) from views.published_reviews v where v.reviewer_id = p.reviewer_id))
                          order by p.position)
                   from links.mail_reviewers p
                   left join views.reviewer_activity a on a.reviewer_id = p.reviewer_id
                   where p.share_link_id = delivery.share_link_id and p.deactivated_at is null))
               when 'digest' then jsonb_build_object(
                   'links', notifications.digest_json(delivery.id),
                   'until', notifications.local_time(delivery.happened_at, delivery.event_data ->> 'time_zone'))
               when 'webhook_disabled' then jsonb_build_object(
                   'happened_at', notifications.local_time(delivery.happened_at, delivery.event_data ->> 'time_zone'))
           end, '{}')
    from (select 1) one
    left join links.mail_links l on l.share_link_id = delivery.share_link_id
    left join links.mail_contexts r on r.reviewer_id = delivery.reviewer_id
$$;

-- Warns of links that expire within so many hours, once per link and expiry. Told the time, so that it can be tried.
create function notifications.plan_expiry_warnings(at timestamptz, hours int) returns int
language sql volatile as $$
    with soon as (
        select l, 'expires_soon:' || l.share_link_id || ':' || extract(epoch from l.expires_at)::numeric(20, 6) as event_id,
               jsonb_build_object('share_link_id', l.share_link_id, 'expires_at', l.expires_at) as data
        from links.mail_links l
        where l.deactivated_at is null and l.kind = 'advanced' and l.expires_at > at and l.expires_at <= at + hours * interval '1 hour'
    ),
    planned as (
        select s.*, notifications.mail_reason('expiry_warning', s.data, coalesce((s.l).owner_email, ''), true, null, s.l, p) as reason
        from soon s
        left join notifications.preferences p
            on p.account_id = (s.l).account_id and p.address = lower((s.l).owner_email collate "C")
        where not exists (select from notifications.deliveries d where d.event_id = s.event_id and d.channel = 'email')
    ),
    stored as (
        insert into notifications.deliveries (id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at,
                                              share_link_id, state, reason, next_attempt_at)
        select sharelink.new_id('dlv_'), event_id, 'link.expires_soon', (l).account_id, 'email', 'expiry_warning',
               coalesce((l).owner_email, ''), data, at, (l).share_link_id, case when reason is null then 'pending' else 'skipped' end, reason,
               case when reason is null then now() end
        from planned
        on conflict do nothing
        returning 1
    )
    select count(*)::int from stored
$$;

-- The last 8 o'clock of a zone that is not after this time, by the zone's own clock.
create function notifications.last_eight(at timestamptz, zone text) returns timestamptz
language sql stable
return (select max(eight) from (
            select (date_trunc('day', at at time zone zone) - days * interval '1 day' + interval '8 hours') at time zone zone as eight
            from generate_series(0, 1) as days) both_days
        where eight <= at);

-- A digest for everybody who wants one, for whom it has struck eight since the last, and to whom something happened. The
-- notices that it tells of are marked with it, so that each is told once. Told the time, so that it can be tried.
create function notifications.plan_digests(at timestamptz) returns int
language sql volatile as $$
    with wanted as materialized (
        select p.account_id, p.address, p.digest_since, z.zone, notifications.last_eight(at, z.zone) as until
        from notifications.preferences p
        cross join lateral (
            select coalesce((select l.owner_time_zone from links.mail_links l
                             where l.account_id = p.account_id and lower(l.owner_email) = p.address
                             order by l.created_at desc, l.share_link_id desc limit 1), 'UTC') as zone
        ) z
        where p.digest = 'daily' and p.unsubscribed_at is null and p.digest_until < notifications.last_eight(at, z.zone)
        for update of p skip locked
    ),
    untold as materialized (
        select w.account_id, w.address, d.id, d.recipient
        from wanted w
        join notifications.deliveries d
            on d.account_id = w.account_id and lower(d.recipient collate "C") = w.address
            and d.reason = 'in_digest' and d.gathered_into is null
            and d.happened_at >= w.digest_since and d.happened_at < w.until
    ),
    digests as materialized (
        select w.*, u.recipient, u.count, sharelink.new_id('dlv_') as id
        from wanted w
        join (select account_id, address, max(recipient) as recipient, count(*)::int as count from untold group by account_id, address) u
            using (account_id, address)
    ),
    told as (
        update notifications.deliveries d set gathered_into = g.id
        from untold u
        join digests g using (account_id, address)
        where d.id = u.id
    ),
    moved as (
        update notifications.preferences p set digest_until = w.until
        from wanted w
        where p.account_id = w.account_id and p.address = w.address
    ),
    stored as (
        insert into notifications.deliveries (id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at,
                                              state, next_attempt_at, gathered)
        select id, 'digest:' || account_id || ':' || extract(epoch from until)::bigint, 'digest.daily', account_id, 'email', 'digest',
               recipient, jsonb_build_object('time_zone', zone), until, 'pending', now(), count
        from digests
        returning 1
    )
    select count(*)::int from stored
$$;

-- Tells of a webhook endpoint that was switched off: the owner of the account's most recent link that has one, for the
-- account itself has no address. Called by whoever switches it off, in the same transaction; the delivery's id.
create function notifications.tell_webhook_disabled(of_account_id text, endpoint_id text, endpoint_host text, cause text)
returns text
language sql volatile as $$
    insert into notifications.deliveries (id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at, state,
                                          reason, next_attempt_at)
    select sharelink.new_id('dlv_'), 'webhook_disabled:' || endpoint_id || ':' || extract(epoch from now())::numeric(20, 6),
           'webhook.disabled', of_account_id, 'email', 'webhook_disabled', r.recipient,
           jsonb_build_object('endpoint_id', endpoint_id, 'host', endpoint_host, 'cause', cause, 'owner_name', l.owner_name,
                              'time_zone', coalesce(l.owner_time_zone, 'UTC')),
           now(), case when j.reason is null then 'pending' else 'skipped' end, j.reason, case when j.reason is null then now() end
    from (select 1) one
    left join lateral (
        select * from links.mail_links m where m.account_id = of_account_id and m.owner_email is not null
        order by m.created_at desc, m.share_link_id desc limit 1
    ) l on true
    cross join lateral (select coalesce(l.owner_email, '') as recipient) r
    left join notifications.preferences p on p.account_id = of_account_id and p.address = lower(r.recipient collate "C")
    cross join lateral (select notifications.mail_reason('webhook_disabled', null, r.recipient, true, null, null, p) as reason) j
    returning id
$$;

-- As the API shows them; the defaults where there is no row.
create function notifications.preferences_json(email text, preferences notifications.preferences) returns json
language sql stable
return json_build_object(
    'email', email,
    'opens', coalesce(preferences.opens, 'every'),
    'reviews', coalesce(preferences.reviews, 'every'),
    'digest', coalesce(preferences.digest, 'off'),
    'muted_share_link_ids', (
        select coalesce(json_agg(m.id order by m.place), '[]')
        from unnest(preferences.muted_share_link_ids) with ordinality as m (id, place)
        where exists (select from links.mail_links l where l.share_link_id = m.id and l.account_id = preferences.account_id)),
    'version', coalesce(preferences.version, 0),
    'updated_at', sharelink.rfc3339(preferences.updated_at));

-- A mail that tells of several interviews goes on telling of the others.
create or replace function notifications.drop_mails_of_candidate(of_account_id text, of_interview_id text, share_link_ids text[], emptied_ids text[])
returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    dropped int;
begin
    update notifications.deliveries d
    set state = 'skipped', reason = 'candidate_erased'
    from (
        select w.id from notifications.deliveries w
        where w.account_id = of_account_id and w.share_link_id = any (share_link_ids) and w.state = 'pending' and w.channel = 'email'
          and (w.lease_until is null or w.lease_until < now())
          and ((w.event_data ->> 'interview_id' = of_interview_id
                and not exists (select from notifications.gatherings g where g.delivery_id = w.id and g.items <> array[of_interview_id]))
               or (w.kind = 'invitation' and w.share_link_id = any (emptied_ids)))
        order by w.id
        for update skip locked
    ) waiting
    where d.id = waiting.id;
    get diagnostics dropped = row_count;
    return dropped;
end
$$;

grant select on links.mail_links, links.mail_reviewers, links.mail_interviews, views.reviewer_activity to sharelink_notifications;
grant select, insert, update on notifications.preferences to sharelink_notifications;
grant select, insert, update, delete on notifications.gatherings to sharelink_notifications;

-- Volatile, so that a statement which had to wait for its turn sees what was committed meanwhile.
create function notifications.preferences_now(of_account_id text, of_address text) returns setof notifications.preferences
language sql volatile rows 1 as $$
    select * from notifications.preferences where account_id = of_account_id and address = of_address
$$;
