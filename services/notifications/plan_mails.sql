-- Settles events for the group email: each becomes a delivery to its recipient, or a skipped one with the reason, or asks
-- for none. An event that is settled already is left alone, so that redelivery is harmless. The first $4 deliveries are
-- leased to the caller in the same breath and come back ready to compose.
-- $1 event ids, $2 lease in seconds, $3 lease holder, $4 how many to lease.
with batch as materialized (
    select * from events.log where id = any ($1::text[])
),
taken as (
    insert into notifications.settled (consumer, event_id)
    select 'email', id from batch order by id
    on conflict do nothing
    returning event_id
),
planned as materialized (
    select b as event, c as context, b.id as event_id, m.kind, notifications.skip_reason(m.kind, c) as reason,
           row_number() over (order by b.id) as place
    from batch b
    join taken t on t.event_id = b.id
    join (values ('link.invitation_requested', 'invitation'), ('link.opened', 'opened')) as m (type, kind) on m.type = b.type
    left join links.mail_contexts c on c.reviewer_id = b.reviewer_id
),
stored as (
    insert into notifications.deliveries as d (
        id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at, share_link_id, reviewer_id,
        state, reason, attempts, next_attempt_at, lease_until, lease_holder, request_id, traceparent)
    select sharelink.new_id('dlv_'), p.event_id, (p.event).type, (p.event).account_id, 'email', p.kind,
           coalesce(case p.kind when 'invitation' then (p.context).reviewer_email else (p.context).owner_email end, ''),
           (p.event).data, (p.event).created_at, (p.event).share_link_id, (p.event).reviewer_id,
           case when p.reason is null then 'pending' else 'skipped' end, p.reason, leased::int,
           case when p.reason is null then now() end,
           case when leased then now() + $2::int * interval '1 second' end,
           case when leased then $3 end,
           (p.event).request_id, (p.event).traceparent
    from planned p
    cross join lateral (select p.reason is null and p.place <= $4::int as leased) l
    on conflict do nothing
    returning d
)
select (select coalesce(json_agg(notifications.mail_json((s.d), p.context)), '[]')
        from stored s join planned p on p.event_id = (s.d).event_id and p.kind = (s.d).kind
        where (s.d).lease_holder is not null) as mails,
       (select count(*) from stored)::int as stored,
       (select coalesce(json_agg(u.id), '[]') from unnest($1::text[]) as u (id) where not exists (select from batch b where b.id = u.id)) as unknown
