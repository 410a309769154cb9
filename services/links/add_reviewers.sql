-- Adds reviewers to a link, or adds none and says whose addresses, and whose external_ids (taken), it has already. is_sound false asks for that check alone.
-- in   account_id text, share_link_id text, tags text?, send_email bool, is_sound bool, reviewers_max int, mails_max int,
--      event_ids text[], request_id text, traceparent text?
-- rows reviewers as struct new_reviewer from services/links/new_reviewers.h:
--      id text, name text?, email text?, token_hash bytea, passcode_hash bytea, sealed bytea, external_id text?, metadata jsonb,
--      locale text?
-- out  outcome: ok | version_mismatch | basic_link | faulty | too_many | too_many_mails | no row: not_found,
--      reviewers json?, doubles json?, taken json?, refused json?, retry_s int?, events json?
with link as materialized (
    select * from links.share_links where account_id = :account_id and id = :share_link_id for update
),
existing as materialized (
    select r.email as address, r.external_id, r.position from link cross join lateral links.reviewers_now(link.id) r
),
sent as materialized (
    select * from :reviewers as r
),
doubles as materialized (
    select s.place from sent s
    where exists (select from existing e where e.address = s.email)
       or exists (select from sent before where before.place < s.place and before.email = s.email)
),
taken as materialized (
    select s.place from sent s where exists (select from existing e where e.external_id = s.external_id)
),
judged as materialized (
    select case when sharelink.is_other('v' || version, :tags) then 'version_mismatch'
                when kind <> 'advanced' then 'basic_link'
                when not :is_sound or exists (select from doubles) or exists (select from taken) then 'faulty'
                when (select count(*) from existing) + (select count(*) from sent) > :reviewers_max then 'too_many'
                else 'ok' end as outcome, id, account_id, (select coalesce(max(position), 0) from existing) as last_position
    from link
),
mails as materialized (
    select t.*
    from judged j
    cross join lateral links.take_mails(j.account_id, 'invitation', array(select s.email from sent s order by s.place), :mails_max) t
    where j.outcome = 'ok' and :send_email
),
decided as materialized (
    select case when m.refused is not null then 'too_many_mails' else j.outcome end as outcome, j.id, j.account_id, j.last_position,
           m.refused, m.retry_s
    from judged j left join mails m on true
),
people as (
    insert into links.reviewers (id, share_link_id, account_id, position, name, email, token_hash, passcode_hash, sealed,
                                 external_id, metadata, locale, invitation_requested_at)
    select s.id, j.id, j.account_id, j.last_position + s.place, s.name, s.email, s.token_hash, s.passcode_hash, s.sealed, s.external_id,
           s.metadata, s.locale, case when :send_email then now() end
    from decided j, sent s
    where j.outcome = 'ok'
    returning *
),
changed as (
    update links.share_links l
    set version = l.version + 1, updated_at = now()
    from decided j
    where l.id = j.id and j.outcome = 'ok'
),
happened (event_id, type, reviewer_id) as (
    select :event_ids[s.place], 'link.reviewer_added', s.id from sent s
    union all
    select :event_ids[(select count(*) from sent)::int + s.place], 'link.invitation_requested', s.id from sent s where :send_email
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, reviewer_id, data, request_id, traceparent)
    select h.event_id, j.account_id, h.type, j.id, h.reviewer_id,
           jsonb_build_object('share_link_id', j.id, 'reviewer_id', h.reviewer_id), :request_id, :traceparent
    from decided j, happened h
    where j.outcome = 'ok'
    returning id, type, events.cloud_event(log) as cloud_event
)
select j.outcome,
       (select json_agg(links.reviewer_json(people, null, null) order by position) from people) as reviewers,
       (select json_agg(place - 1 order by place) from doubles) as doubles,
       (select json_agg(place - 1 order by place) from taken) as taken,
       to_json(j.refused) as refused, j.retry_s,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event) order by id) from logged) as events
from decided j
