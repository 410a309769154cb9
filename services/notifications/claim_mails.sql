-- Leases up to $1 mails that are due and in nobody's hands, and tells all that composing them needs. What became pointless
-- meanwhile (the link was switched off) is skipped with the reason. $4 are the mails that the caller still holds although
-- their leases may have run out while PostgreSQL was away: leasing those again would send them twice.
with due as (
    select id from notifications.deliveries
    where channel = 'email' and state = 'pending' and next_attempt_at <= now() and (lease_until is null or lease_until < now())
      and id <> all ($4::text[])
    order by next_attempt_at
    limit $1::int
    for update skip locked
),
judged as (
    select due.id, notifications.skip_reason(d.kind, c) as reason
    from due
    join notifications.deliveries d on d.id = due.id
    left join links.mail_contexts c on c.reviewer_id = d.reviewer_id
),
claimed as (
    update notifications.deliveries d
    set state = case when j.reason is null then 'pending' else 'skipped' end,
        reason = j.reason,
        attempts = d.attempts + case when j.reason is null then 1 else 0 end,
        lease_until = case when j.reason is null then now() + $2::int * interval '1 second' end,
        lease_holder = case when j.reason is null then $3 end
    from judged j
    where d.id = j.id
    returning d
)
select coalesce(json_agg(notifications.mail_json((k.d), c)) filter (where (k.d).state = 'pending'), '[]') as mails,
       count(*)::int as claimed
from claimed k
left join links.mail_contexts c on c.reviewer_id = (k.d).reviewer_id
