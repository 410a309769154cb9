-- Whether sessions are still good, and what their pages depend on: link_version is of what is the same for all reviewers of the link. And
-- what is looked for there, folded as gather_texts.sql folds the text that is searched. The plan is made once: limit 1 has it look a door up by its key.
-- batch tries: token_hash bytea, session_hash bytea?, search text?
-- enum  door from services/views/door.h: open | expired | deactivated | no_session | no row: unknown
-- out   place int, door door, share_link_id text, link_version text, content_version text, search text?
with proved as materialized (
    select t.place, views.door(d.state, v.id) as door, v.id as visit_id, v.last_seen_at, sharelink.folded(t.search) as search,
           d.share_link_id, c.content_version as link_version, concat_ws(' ', a.feedback_version, c.content_version) as content_version
    from :tries as t
    cross join lateral (select * from links.doors d where d.token_hash = t.token_hash limit 1) d
    join links.content_states c on c.share_link_id = d.share_link_id
    left join views.visit_of_session(t.session_hash, d.reviewer_id, d.passcode_epoch) v on true
    left join views.activity a on a.reviewer_id = d.reviewer_id
),
seen as (
    update views.visits v set last_seen_at = now()
    from (select s.id from views.visits s
          where s.id in (select visit_id from proved where door = 'open' and last_seen_at < now() - interval '1 minute')
            and s.last_seen_at < now() - interval '1 minute'
          for update skip locked) late
    where v.id = late.id
)
select place, door, share_link_id, link_version, content_version, search from proved
