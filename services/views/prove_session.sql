-- Whether sessions are still good, and what their pages depend on: one row per try, in the arrays' order. A session is good
-- for its own reviewer, for 12 hours, until the passcode changes, while the link is active.
with tries as materialized (
    select t.place::int, t.token_hash::bytea, t.session_hash::bytea
    from unnest($1::text[], $2::text[]) with ordinality as t (token_hash, session_hash, place)
),
proved as materialized (
    select t.place, d.state, v.id as visit_id, v.last_seen_at, concat_ws(' ', a.feedback_version, c.content_version) as content_version
    from tries t
    join links.doors d on d.token_hash = t.token_hash
    join links.content_states c on c.share_link_id = d.share_link_id
    left join views.visits v on v.session_hash = t.session_hash and v.reviewer_id = d.reviewer_id and v.passcode_epoch = d.passcode_epoch
                            and v.opened_at > now() - interval '12 hours'
    left join views.activity a on a.reviewer_id = d.reviewer_id
),
seen as (
    update views.visits v set last_seen_at = now()
    from (select s.id from views.visits s
          where s.id in (select visit_id from proved where state = 'active' and last_seen_at < now() - interval '1 minute')
            and s.last_seen_at < now() - interval '1 minute'
          for update skip locked) late
    where v.id = late.id
)
select place, state, visit_id is not null as has_session, content_version from proved
