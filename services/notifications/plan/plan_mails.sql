-- Settles events for the group email: each becomes a delivery to its recipient, or a skipped one with the reason, or asks
-- for none. An event that is settled already is left alone, so that redelivery is harmless. Later opens of a reviewer, and
-- feedback, are gathered: the first of a window carries the mail and waits for the window's end, the others are skipped and
-- name it. Feedback and the word that nothing more will come share a window, whose mail is then the one that tells of both: it takes the
-- place of the one that was waiting (services/notifications/schema/triggers.sql). A delivery bears its event's number. The first that need not wait, as many as there is room for, are leased to the
-- caller in the same breath and come back ready to compose.
-- Look-ups are written so that each goes by its key in whatever plan: the plan is made once (services/ctl/schema/roles.sql).
-- 'offset 0' keeps what many conditions use from being worked out in each of them.
-- gather_s: in which opens are gathered; settle_s: that feedback must have rested (ten times as long at most).
-- asked_us: comes back as it is, for who counts leases from it.
-- in  event_ids text[], lease_s int, lease_holder text, room int, gather_s int, settle_s int,
--     asked_us bigint
-- out mails json, stored int, unknown json, asked_us bigint
with batch as materialized (
    select * from events.log where id = any (:event_ids)
),
taken as (
    insert into notifications.settled (consumer, event_id)
    select 'email', id from batch order by id
    on conflict do nothing
    returning event_id
),
judged as materialized (
    select b as event, b.id as event_id, k.kind, m.recipient, l.link, r.reviewer_name, r.reviewer_email,
           notifications.mail_reason(k.kind, b.data, m.recipient, r.reviewer_id is not null, r.state, l.link, p.wish) as reason
    from batch b
    cross join lateral (select notifications.mail_kind(b.type, b.data) as kind offset 0) k
    left join lateral (
        select l as link, l.owner_email from links.mail_links l where l.share_link_id = b.share_link_id limit 1
    ) l on true
    left join lateral (
        select r.reviewer_id, r.state, r.reviewer_name, r.reviewer_email from links.mail_contexts r
        where r.reviewer_id = b.reviewer_id limit 1
    ) r on true
    cross join lateral (select coalesce(case k.kind when 'invitation' then r.reviewer_email else l.owner_email end, '') as recipient offset 0) m
    left join lateral (
        select p as wish from notifications.preferences p
        where p.account_id = b.account_id and p.address = m.recipient limit 1
    ) p on true
    where k.kind is not null
      and (b.id in (select event_id from taken)) is true -- so it is hashed
      and (select 1 from notifications.deliveries d where d.event_id = b.id and d.channel = 'email' and d.kind = k.kind limit 1)
          is distinct from 1 -- taken for likely, unlike 'is null'
),
planned as materialized (
    select j.event, j.event_id, j.kind, j.recipient, j.reason, g.seconds,
           case when g.seconds > 0 then case j.kind when 'completed' then 'review' else j.kind end || ' ' || (j.event).reviewer_id || ' ' || j.recipient end as key,
           row_number() over (partition by j.reason is null and coalesce(g.seconds, 0) = 0 order by j.event_id) as place
    from judged j
    cross join lateral (
        select case when j.reason is not null then null
                    when j.kind = 'opened' and not coalesce(((j.event).data ->> 'first')::boolean, false) then :gather_s
                    when j.kind in ('review', 'completed') then :settle_s end as seconds
    ) g
),
proposed as materialized (
    select w.*, 'dlv_' || substr(w.event_id, 5) as delivery_id
    from (
        select key, max(seconds) as seconds, bool_or(kind = 'opened') as is_of_opens, bool_or(kind = 'completed') as is_of_completion,
               coalesce(min(event_id) filter (where kind = 'completed'), min(event_id)) as event_id, count(*)::int as count,
               coalesce(array_agg(distinct (event).data ->> 'interview_id') filter (where (event).data ? 'interview_id'), '{}') as items,
               max((event).created_at) as last_at
        from planned
        where key is not null
        group by key
    ) w
),
gathered as (
    insert into notifications.gatherings as g (key, delivery_id, count, items, last_at, due_at, due_at_most)
    select key, delivery_id, count, items, last_at, now() + seconds * interval '1 second',
           now() + seconds * case when is_of_opens then interval '1 second' else interval '10 seconds' end
    from proposed
    order by key
    on conflict (key) do update
    set delivery_id = coalesce((select p.delivery_id from proposed p where p.key = excluded.key and p.is_of_completion), g.delivery_id),
        count = g.count + excluded.count,
        items = (select coalesce(array_agg(distinct i), '{}') from unnest(g.items || excluded.items) as i),
        last_at = greatest(g.last_at, excluded.last_at),
        due_at = least(greatest(g.due_at, excluded.due_at), g.due_at_most)
    returning key, delivery_id, due_at
),
decided as materialized (
    select p.*, g.due_at, g.delivery_id,
           g.key is not null and g.delivery_id = o.delivery_id and p.event_id = o.event_id as carries,
           p.reason is null and g.key is null and p.place <= :room as leased
    from planned p
    left join proposed o on o.key = p.key
    left join gathered g on g.key = p.key
),
stored as (
    insert into notifications.deliveries as d (
        id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at, share_link_id, reviewer_id,
        state, reason, attempts, next_attempt_at, lease_until, lease_holder, request_id, traceparent, gathers, gathered_into)
    select 'dlv_' || substr(p.event_id, 5), p.event_id, (p.event).type, (p.event).account_id, 'email', p.kind, p.recipient,
           (p.event).data, (p.event).created_at, (p.event).share_link_id, (p.event).reviewer_id,
           case when s.reason is null then 'pending' else 'skipped' end, s.reason, p.leased::int,
           case when s.reason is null then coalesce(p.due_at, now()) end,
           case when p.leased then now() + :lease_s * interval '1 second' end,
           case when p.leased then :lease_holder end,
           (p.event).request_id, (p.event).traceparent, p.carries, case when s.reason = 'gathered' then p.delivery_id end
    from decided p
    cross join lateral (select case when p.delivery_id is not null and not p.carries then 'gathered' else p.reason end as reason) s
    order by p.event_id -- each sees what came before it: schema/triggers.sql
    on conflict do nothing
    returning d
)
select (select coalesce(json_agg(m.mail), '[]')
        from stored s
        join judged j on j.event_id = (s.d).event_id
        cross join notifications.mail_json(s.d, j.link, j.reviewer_name, j.reviewer_email) m
        where (s.d).lease_holder is not null) as mails,
       (select count(*) from stored s where (s.d).state = 'pending' and not (s.d).gathers)::int as stored,
       (select coalesce(json_agg(u.id), '[]') from unnest(:event_ids) as u (id) where not exists (select from batch b where b.id = u.id)) as unknown,
       :asked_us as asked_us
