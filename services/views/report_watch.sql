-- Reports of what was seen. The reviewers' rows are locked first, in the order of their ids, so that two batches never wait
-- for each other in a circle; then the interviews', which an erasure takes before what was seen of them (docs/architecture.md, "In which
-- order rows are locked"). The plan is made once: limit 1 has it look a door up by its key. What a report adds is bounded by the reviewer's
-- credit, which grows twice as fast as the clock, and by the answer's own duration. Basic links have nobody in particular
-- behind them, so nothing is kept there.
-- batch reports: token_hash bytea, session_hash bytea?, interview_id text, question_id text, seconds real, position real,
--       event_id text, request_id text, traceparent text?
-- enum  door from services/views/door.h: open | unknown | expired | deactivated | no_session | no_interview
-- out   place int, door door, outcome: seen | not_kept | unknown_question | refused, answer json, event text?
with judged as materialized (
    select r.*, d.reviewer_id, d.share_link_id, d.account_id, d.hide_skipped_questions, v.id as visit_id, i.document, q.question,
           o.door, case when o.door <> 'open' then 'refused'
                        when q.question is null then 'unknown_question'
                        when c.kind = 'basic' then 'not_kept'
                        else 'seen' end as outcome
    from :reports as r
    left join lateral (select * from links.doors d where d.token_hash = r.token_hash limit 1) d on true
    left join links.content_states c on c.share_link_id = d.share_link_id
    left join views.visit_of_session(r.session_hash, d.reviewer_id, d.passcode_epoch) v on true
    left join lateral (
        select s.document from links.shared_interviews s where s.share_link_id = d.share_link_id and s.interview_id = r.interview_id
    ) i on true
    left join lateral (
        select s.question from views.shown_questions(i.document, d.hide_skipped_questions) s
        where s.question ->> 'id' = r.question_id limit 1
    ) q on true
    cross join lateral (
        select case when d.reviewer_id is null then 'unknown'
                    when views.door(d.state, v.id) = 'open' and i.document is null then 'no_interview'
                    else views.door(d.state, v.id) end as door
    ) o
),
credited as materialized (
    select a.reviewer_id, least(600, a.watch_credit_s + 2 * extract(epoch from clock_timestamp() - a.watch_credited_at)) as credit_s
    from views.activity a
    where a.reviewer_id in (select reviewer_id from judged where outcome = 'seen')
    order by a.reviewer_id
    for update
),
-- A report gets what those before it in this batch have left of the credit.
granted as materialized (
    select j.*, least(sum(j.seconds) over so_far, c.credit_s) - least(sum(j.seconds) over so_far - j.seconds, c.credit_s) as granted_s
    from judged j join credited c using (reviewer_id)
    where j.outcome = 'seen'
    window so_far as (partition by j.reviewer_id order by j.place)
),
held as materialized (
    select count(h.id) as many
    from (select account_id, array_agg(distinct interview_id) as ids from granted group by account_id order by account_id) i
    cross join lateral links.hold_interviews(i.account_id, i.ids) h (id)
),
gathered as materialized (
    select g.reviewer_id, g.interview_id, g.question_id, g.account_id, g.share_link_id,
           sum(g.granted_s)::real as seconds, (array_agg(g.position order by g.place desc))[1] as position,
           coalesce(((array_agg(g.question))[1] #>> '{answer,duration_seconds}')::real, 14400) as duration_s
    from granted g
    where (select sharelink.after(many) from held)
    group by 1, 2, 3, 4, 5
),
stored as (
    insert into views.watch as w (reviewer_id, interview_id, question_id, account_id, share_link_id, seconds, position)
    select reviewer_id, interview_id, question_id, account_id, share_link_id, least(seconds, duration_s), least(position, duration_s)
    from gathered order by 1, 2, 3
    on conflict (reviewer_id, interview_id, question_id) do update
        set seconds = greatest(w.seconds, least(w.seconds + excluded.seconds,
                                                (select g.duration_s from gathered g where g.reviewer_id = w.reviewer_id
                                                 and g.interview_id = w.interview_id and g.question_id = w.question_id))),
            position = excluded.position, updated_at = now()
    returning w.*
),
spent as (
    update views.activity a
    set watch_credit_s = greatest(0, c.credit_s - g.spent_s), watch_credited_at = clock_timestamp(), feedback_version = a.feedback_version + 1
    from credited c join (select reviewer_id, sum(granted_s) as spent_s from granted group by 1) g using (reviewer_id)
    where a.reviewer_id = c.reviewer_id
),
seen as (
    update views.visits v set last_seen_at = now()
    from (select s.id from views.visits s
          where s.id in (select visit_id from judged where outcome = 'seen') and s.last_seen_at < now() - interval '1 minute'
          for update skip locked) late
    where v.id = late.id
),
-- Of each interview that was reported on: what has been seen of it by now, of how much.
totals as materialized (
    select p.reviewer_id, p.interview_id, p.account_id, p.share_link_id, sum(p.seconds) as seconds, sum(p.duration_s) as of
    from (
        select one.reviewer_id, one.interview_id, one.account_id, one.share_link_id,
               (q.question #>> '{answer,duration_seconds}')::real as duration_s,
               coalesce(s.seconds, w.seconds, 0) as seconds
        from (select distinct on (reviewer_id, interview_id) * from granted) one
        cross join lateral views.shown_questions(one.document, one.hide_skipped_questions) q
        left join stored s on s.reviewer_id = one.reviewer_id and s.interview_id = one.interview_id and s.question_id = q.question ->> 'id'
        left join views.watch w on w.reviewer_id = one.reviewer_id and w.interview_id = one.interview_id and w.question_id = q.question ->> 'id'
    ) p
    where p.duration_s is not null
    group by 1, 2, 3, 4
),
completed as (
    insert into views.watched (reviewer_id, interview_id, account_id, share_link_id)
    select reviewer_id, interview_id, account_id, share_link_id from totals where of > 0 and seconds >= 0.8 * of order by 1, 2
    on conflict do nothing
    returning *
),
logged as (
    select e.id, e.cloud_event
    from completed c
    join (select distinct on (reviewer_id, interview_id) * from granted order by reviewer_id, interview_id, place desc) g
        on g.reviewer_id = c.reviewer_id and g.interview_id = c.interview_id
    cross join lateral events.add_of_reviewers(
        array[g.event_id], array['interview.watched'], array[c.reviewer_id], array[jsonb_build_object('interview_id', c.interview_id)],
        array[g.request_id], array[g.traceparent]) e
)
select j.place, j.door, j.outcome,
       json_build_object(
           'question_id', j.question_id,
           'watched', json_build_object('seconds', round(coalesce(s.seconds, 0)::numeric, 1), 'position', round(coalesce(s.position, 0)::numeric, 1)),
           'interview', json_build_object('watched', json_build_object(
               'seconds', round(coalesce(t.seconds, 0)::numeric, 1), 'of', round(coalesce(t.of, 0)::numeric, 1)))) as answer,
       l.cloud_event as event
from judged j
left join stored s on s.reviewer_id = j.reviewer_id and s.interview_id = j.interview_id and s.question_id = j.question_id
left join totals t on t.reviewer_id = j.reviewer_id and t.interview_id = j.interview_id
left join logged l on l.id = j.event_id
