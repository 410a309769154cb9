-- Sends a delivery that failed again, its tries counted anew. One that is pending, sent or skipped stays as it is: state says which.
-- To whom goes a mail that could not be planned is looked up again.
-- in  account_id text, session_id text?, delivery_id text
-- out outcome: ok | not_failed | no row: not_found, state text, delivery json?
with delivery as materialized (
    select * from notifications.deliveries where account_id = :account_id and id = :delivery_id
      and console.session_reaches(:session_id, 'share_link', share_link_id)
    for update
),
again as (
    update notifications.deliveries d
    set recipient = case when d.reason = 'not_planned' and d.channel = 'email'
                 then coalesce(nullif(notifications.mail_recipient(d.kind, d.share_link_id, d.reviewer_id), ''), d.recipient)
                 else d.recipient end,
        state = 'pending', reason = null, attempts = 0, uncertain = 0, next_attempt_at = now(), lease_until = null, lease_holder = null
    from delivery w
    where d.id = w.id and w.state = 'failed'
    returning d
)
select case when w.state = 'failed' then 'ok' else 'not_failed' end as outcome, w.state,
       (select notifications.delivery_json(a.d) from again a) as delivery
from delivery w
