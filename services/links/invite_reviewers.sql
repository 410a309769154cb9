-- Asks for a mail to several reviewers of a link: to those that are named, or to all that who tells of. One who is off, or who was mailed too
-- often within the hour, is left out, and the answer says so. It changes nothing of the link, so the version stays. is_sound false asks
-- for the checks alone.
-- in  account_id text, share_link_id text, tags text?, reviewer_ids text[], who text?, is_sound bool, mails_max int, event_ids text[],
--     request_id text, traceparent text?
-- out outcome: active | expired | deactivated | version_mismatch | basic_link | faulty | no row: not_found,
--     answer json, asks_no_feedback bool, unknown_reviewers json?, events json?
with link as materialized (
    select * from links.share_links where account_id = :account_id and id = :share_link_id for update
),
named as materialized (
    select u.id, u.place from unnest(:reviewer_ids) with ordinality as u (id, place)
),
chosen as materialized (
    select r.id, r.email, r.deactivated_at is not null as is_off, row_number() over (order by coalesce(n.place, r.position)) as place
    from link
    cross join lateral links.reviewers_now(link.id) r
    left join named n on n.id = r.id
    left join lateral (select * from views.reviewer_activity v where v.reviewer_id = r.id limit 1) a on true
    where case :who when 'unopened' then a.first_opened_at is null
                    when 'unreviewed' then coalesce(a.reviewed_count, 0) = 0 and a.done_at is null
                    else n.id is not null end
),
unknown as materialized (
    select n.place from named n where not exists (select from chosen c where c.id = n.id)
),
judged as materialized (
    select case when sharelink.is_other('v' || version, :tags) then 'version_mismatch'
                when kind <> 'advanced' then 'basic_link'
                when not :is_sound or exists (select from unknown) or (:who = 'unreviewed' and disable_feedback) then 'faulty'
                else links.state_of(deactivated_at, expires_at) end as outcome,
           id, account_id, disable_feedback
    from link
),
mailable as materialized (
    select c.id, c.email, row_number() over (order by c.place) as nth from chosen c where not c.is_off
),
mails as materialized (
    select array(select m.id from mailable m where m.nth = any (t.refused)) as refused
    from judged j
    cross join lateral links.take_some_mails(j.account_id, 'invitation', array(select m.email from mailable m order by m.nth), :mails_max) t
    where j.outcome = 'active'
),
invited as materialized (
    select m.id, m.nth from mails t cross join mailable m where m.id <> all (t.refused)
),
asked as (
    update links.reviewers r set invitation_requested_at = now() from invited i where r.id = i.id
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, reviewer_id, data, request_id, traceparent)
    select (:event_ids)[i.nth], j.account_id, 'link.invitation_requested', j.id, i.id,
           jsonb_build_object('share_link_id', j.id, 'reviewer_id', i.id), :request_id, :traceparent
    from judged j cross join invited i
    returning id, type, events.cloud_event(log) as cloud_event
)
select j.outcome,
       json_build_object(
           'invited', (select coalesce(json_agg(i.id order by i.nth), '[]') from invited i),
           'skipped', (select coalesce(json_agg(json_build_object(
                                  'id', c.id,
                                  'reason', case when c.is_off then 'deactivated' else 'too_many_mails' end) order by c.place), '[]')
                       from chosen c where not exists (select from invited i where i.id = c.id))) as answer,
       j.disable_feedback as asks_no_feedback,
       (select json_agg(u.place - 1 order by u.place) from unknown u) as unknown_reviewers,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event) order by id) from logged) as events
from judged j
