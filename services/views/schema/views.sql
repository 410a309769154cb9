-- What the views service publishes: what others may read of its tables.

-- For the links and the notifications service. What was taken back is not in it.
create or replace view views.published_reviews as
select id, account_id, share_link_id, reviewer_id, reviewer_name, interview_id, rating, comment, question_ratings, version,
       version as revision_count, created_at, updated_at, recommendation
from views.reviews
where not is_empty;

-- For the links and the notifications service: what became of a reviewer's link. reviewed_count: how many of the link's
-- interviews have feedback of theirs; watched_seconds: of all that
-- they ever saw of it. A subquery in links.reviewer_json, or in what it is given, would keep PostgreSQL from
-- inlining it, and a page of links calls it a hundred times.
create or replace view views.reviewer_activity as
select a.reviewer_id, a.share_link_id, a.first_opened_at, a.last_opened_at, a.open_count, w.reviewed_count,
       a.done_at, a.done_note, s.watched_seconds
from views.activity a
cross join lateral (
    select count(*)::int as reviewed_count
    from views.published_reviews p
    join links.share_link_interviews m on m.share_link_id = p.share_link_id and m.interview_id = p.interview_id
    where p.reviewer_id = a.reviewer_id
) w
cross join lateral (
    select coalesce(floor(sum(s.seconds)), 0)::bigint as watched_seconds from views.watch s where s.reviewer_id = a.reviewer_id
) s;

-- For the links service, of reviewers who have opened: the same where no count is wanted. A column that a statement does not ask for
-- costs nothing.
create or replace view views.reviewer_progress as
select a.reviewer_id, a.share_link_id, a.last_opened_at, a.open_count, a.done_at,
       exists (select from views.published_reviews p
               join links.share_link_interviews m on m.share_link_id = p.share_link_id and m.interview_id = p.interview_id
               where p.reviewer_id = a.reviewer_id) as has_reviewed
from views.activity a;

-- For the links service: when each link was opened last, and the ratings that it has got.
create or replace view views.share_link_activity as
select share_link_id, account_id, last_opened_at, rating_count, rating_sum from views.link_activity;

-- For the links service: whose link asked for a new one, when, and with which passcode.
create or replace view views.published_access_requests as
select reviewer_id, account_id, share_link_id, passcode_epoch, requested_at from views.access_requests where requested_at > '-infinity';

-- For the links service: seconds of each answer that a reviewer has seen.
create or replace view views.published_watch as select reviewer_id, interview_id, question_id, seconds from views.watch;

-- For the links service: who opened when, from where.
create or replace view views.published_visits as
select id, account_id, share_link_id, reviewer_id, opened_at, is_first, network, device from views.visits;

-- For the links service: what became of the logo that an account wants. state: waiting | done | failed; last_error: why it is not there,
-- or not yet; logo_state has both as the API shows them.
create or replace view views.wanted_logos as
select account_id, url, state, last_error,
       json_build_object('state', case state when 'waiting' then 'pending' when 'done' then 'ready' else 'failed' end,
                         'reason', last_error) as logo_state
from views.fetches where interview_id is null;

-- For the links service, which bounds what a page may have: what was fetched for an interview, in bytes.
create or replace view views.transcript_sizes as
select account_id, interview_id, sum(size)::bigint as size from views.transcripts group by account_id, interview_id;
