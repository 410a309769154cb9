-- Leases up to room mails that are due and in nobody's hands, and tells all that composing them needs. What became pointless
-- meanwhile (the link was switched off, its owner has muted it) is skipped with the reason. A mail that gathers is closed
-- here, with all that its window holds: unless somebody adds to it at this moment, or its end has moved. The held ones are the
-- mails that the caller still holds although their leases may have run out while PostgreSQL was away: leasing those again would
-- send them twice; and those that make a claim fail. only_ids: when there are any, no other mails are claimed. Look-ups go by their
-- keys in whatever plan, as in plan_mails.sql.
-- in  room int, lease_s int, lease_holder text, held_ids text[], only_ids text[]
-- out mails json, claimed int
with due as materialized (
    select id, gathers, kind, reviewer_id, share_link_id, account_id, recipient, event_data, gathered_items from notifications.deliveries
    where channel = 'email' and state = 'pending' and next_attempt_at <= now() and (lease_until is null or lease_until < now())
      and id <> all (:held_ids) and (cardinality(:only_ids) = 0 or id = any (:only_ids))
    order by next_attempt_at
    limit :room
    for update skip locked
),
windows as materialized (
    select g.* from notifications.gatherings g
    where g.delivery_id in (select id from due where gathers)
    order by g.key
    for update skip locked
),
judged as materialized (
    select due.id, l.link, r.reviewer_name, r.reviewer_email, w.key, w.count, w.items, w.last_at,
           case when w.due_at > now() then w.due_at end as later,
           case when m.reason is not null then m.reason
                when f.is_gone and due.kind = 'review' then 'review_gone'
                when f.is_gone and not exists (select from views.reviewer_activity a where a.reviewer_id = due.reviewer_id and a.done_at is not null)
                then 'completion_gone'
                when due.kind = 'invitation' and r.reviewer_email <> due.recipient then 'address_changed' end as reason
    from due
    left join windows w on w.delivery_id = due.id
    left join lateral (select l as link from links.mail_links l where l.share_link_id = due.share_link_id limit 1) l on true
    left join lateral (
        select r.reviewer_id, r.state, r.reviewer_name, r.reviewer_email from links.mail_contexts r
        where r.reviewer_id = due.reviewer_id limit 1
    ) r on true
    left join lateral (
        select p as wish from notifications.preferences p
        where p.account_id = due.account_id and p.address = due.recipient limit 1
    ) p on true
    cross join lateral (
        select notifications.mail_reason(due.kind, due.event_data, due.recipient, r.reviewer_id is not null, r.state, l.link, p.wish) as reason
    ) m
    cross join lateral (
        select due.kind in ('review', 'completed') and not exists (
                   select from views.published_reviews v
                   where v.reviewer_id = due.reviewer_id
                     and v.interview_id = any (coalesce(w.items, due.gathered_items, array[due.event_data ->> 'interview_id']))) as is_gone
        offset 0
    ) f
    where not due.gathers or w.key is not null
       or (select 1 from notifications.gatherings g where g.delivery_id = due.id limit 1) is null
),
claimed as (
    update notifications.deliveries d
    set state = case when j.later is not null or j.reason is null then 'pending' else 'skipped' end,
        reason = case when j.later is null then j.reason end,
        attempts = d.attempts + case when j.later is null and j.reason is null then 1 else 0 end,
        next_attempt_at = coalesce(j.later, d.next_attempt_at),
        lease_until = case when j.later is null and j.reason is null then now() + :lease_s * interval '1 second' end,
        lease_holder = case when j.later is null and j.reason is null then :lease_holder end,
        gathers = j.later is not null,
        gathered = coalesce(j.count, d.gathered),
        gathered_items = coalesce(j.items, d.gathered_items),
        last_happened_at = coalesce(j.last_at, d.last_happened_at)
    from judged j
    where d.id = j.id
    returning d, j.link, j.reviewer_name, j.reviewer_email
),
closed as (
    delete from notifications.gatherings g using judged j where g.key = j.key and j.later is null
)
select (select coalesce(json_agg(m.mail), '[]')
        from claimed k
        cross join notifications.mail_json(k.d, k.link, k.reviewer_name, k.reviewer_email) m
        where (k.d).lease_holder is not null) as mails,
       (select count(*) from claimed)::int as claimed
