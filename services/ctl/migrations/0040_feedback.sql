-- What reviewers leave behind: their feedback with every revision of it, and how much of which answer they have seen. And
-- the versions by which a page that was made once is known to be what would be made now.

-- One row per reviewer and interview. It outlives membership, passcodes and the link itself, and goes with the candidate.
-- An empty one (no rating, no words) is feedback that was taken back. The reviewer's name stays readable after a removal.
create table views.reviews (
    id               text        primary key collate "C",
    account_id       text        not null collate "C",
    share_link_id    text        not null collate "C",
    reviewer_id      text        not null collate "C",
    reviewer_name    text        not null,
    interview_id     text        not null collate "C",
    rating           smallint    check (rating between 1 and 5),
    comment          text        not null,
    question_ratings jsonb       not null,
    version          int         not null default 1,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    submitted_at     timestamptz, -- since when it has ever said something
    is_empty         boolean     not null generated always as (rating is null and comment = '' and question_ratings = '[]') stored,
    foreign key (account_id, interview_id) references links.interviews (account_id, id) on delete cascade
) with (fillfactor = 90);
create unique index reviews_by_reviewer on views.reviews (reviewer_id, interview_id);
create index reviews_by_link on views.reviews (share_link_id, created_at, id);
create index reviews_by_interview on views.reviews (account_id, interview_id, created_at, id);

create table views.review_revisions (
    review_id        text        not null collate "C" references views.reviews on delete cascade,
    version          int         not null,
    visit_id         text        not null collate "C",
    rating           smallint,
    comment          text        not null,
    question_ratings jsonb       not null,
    created_at       timestamptz not null default now(),
    primary key (review_id, version)
);

-- Seconds that were really seen, not how far the player got.
create table views.watch (
    reviewer_id   text        not null collate "C",
    interview_id  text        not null collate "C",
    question_id   text        not null collate "C",
    account_id    text        not null collate "C",
    share_link_id text        not null collate "C",
    seconds       real        not null,
    position      real        not null,
    updated_at    timestamptz not null default now(),
    primary key (reviewer_id, interview_id, question_id),
    foreign key (account_id, interview_id) references links.interviews (account_id, id) on delete cascade
) with (fillfactor = 80);
create index watch_by_interview on views.watch (account_id, interview_id);

-- Whom the owner was told of: once per reviewer and interview.
create table views.watched (
    reviewer_id   text        not null collate "C",
    interview_id  text        not null collate "C",
    account_id    text        not null collate "C",
    share_link_id text        not null collate "C",
    watched_at    timestamptz not null default now(),
    primary key (reviewer_id, interview_id),
    foreign key (account_id, interview_id) references links.interviews (account_id, id) on delete cascade
);
create index watched_by_interview on views.watched (account_id, interview_id);

-- feedback_version counts what the reviewer's own doing has changed on the page. watch_credit_s is how many seconds may yet
-- be reported: it grows with the wall's clock, so that nobody watches faster than the fastest player does.
alter table views.activity
    add column feedback_version  bigint      not null default 0,
    add column watch_credit_s    real        not null default 600,
    add column watch_credited_at timestamptz not null default now();

-- One row per reviewer's link that ever asked for a new one.
create table views.access_requests (
    reviewer_id  text        primary key collate "C",
    requested_at timestamptz not null default now()
);

-- The questions that a link shows; all statements that show, take or look up something of a question go by it.
create function views.visible_questions(document jsonb, hides_skipped boolean) returns jsonb
language sql immutable
return (
    select coalesce(jsonb_agg(q.value order by q.place), '[]')
    from jsonb_array_elements(case when jsonb_typeof(document -> 'questions') = 'array' then document -> 'questions' else '[]' end)
         with ordinality as q (value, place)
    where not (hides_skipped and coalesce((q.value ->> 'skipped')::boolean, false))
);

-- The ratings of questions that are (or are not) among these.
create function views.question_ratings_of(question_ratings jsonb, questions jsonb, are_among boolean) returns jsonb
language sql immutable
return (
    select coalesce(jsonb_agg(r.value order by r.place), '[]')
    from jsonb_array_elements(question_ratings) with ordinality as r (value, place)
    where exists (select from jsonb_array_elements(questions) as q (value) where q.value -> 'id' = r.value -> 'question_id') = are_among
);

-- A reviewer's own feedback as the page gets it: nothing about a question that the page does not show.
create function views.review_json(review views.reviews, questions jsonb) returns json
language sql stable
return case when review.id is not null then json_build_object(
    'id', review.id,
    'rating', review.rating,
    'comment', review.comment,
    'question_ratings', views.question_ratings_of(review.question_ratings, questions, true),
    'version', review.version,
    'created_at', sharelink.rfc3339(review.created_at),
    'updated_at', sharelink.rfc3339(review.updated_at)) end;

-- Volatile, so that a statement which had to wait for the reviewer's row sees what was committed meanwhile.
create function views.review_now(of_reviewer_id text, of_interview_id text) returns setof views.reviews
language sql volatile rows 1 as $$
    select * from views.reviews where reviewer_id = of_reviewer_id and interview_id = of_interview_id
$$;

-- Counts the documents of an account's interviews that were replaced. A cached page goes by it, and by the version of its
-- link, which each change of settings and members raises. Whose page an interview is on is not asked here: a membership
-- that is being committed at this moment could not be seen.
create table links.document_versions (
    account_id text   primary key collate "C",
    version    bigint not null default 1
) with (fillfactor = 50);

create function links.count_document_change() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into links.document_versions as v (account_id) values (old.account_id)
    on conflict (account_id) do update set version = v.version + 1;
    return null;
end
$$;
revoke execute on function links.count_document_change() from public;
create trigger document_changes after update of document on links.interviews
    for each row when (old.document is distinct from new.document) execute function links.count_document_change();
create trigger document_goes after delete on links.interviews for each row execute function links.count_document_change();

-- Published for the views service: what a page of this link depends on, as text that is the same only while all of it is.
create view links.content_states as
select l.id as share_link_id, l.kind,
       concat_ws(' ', l.version, coalesce(v.version, 0), l.abbreviate_names::int, l.omit_avatars::int, l.exclude_full_profiles::int,
                 l.hide_skipped_questions::int, l.disable_feedback::int, l.mask_questionnaire::int,
                 extract(epoch from l.expires_at), l.owner_name) as content_version
from links.share_links l
left join links.document_versions v on v.account_id = l.account_id;

-- Published for the links and the notifications service. What was taken back is not in it.
create view views.published_reviews as
select id, account_id, share_link_id, reviewer_id, reviewer_name, interview_id, rating, comment, question_ratings, version,
       version as revision_count, created_at, updated_at
from views.reviews
where not is_empty;

-- Published for the links service: forgets what reviewers did with an interview. The caller has locked the interview's row,
-- so nobody can add to it any more.
create function views.erase_feedback(of_account_id text, of_interview_id text)
returns table (reviews int, review_revisions int, watch_records int)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    seen int;
begin
    select count(*) into review_revisions from views.review_revisions v
    join views.reviews r on r.id = v.review_id where r.account_id = of_account_id and r.interview_id = of_interview_id;
    delete from views.reviews r where r.account_id = of_account_id and r.interview_id = of_interview_id;
    get diagnostics reviews = row_count;
    delete from views.watched w where w.account_id = of_account_id and w.interview_id = of_interview_id;
    get diagnostics seen = row_count;
    delete from views.watch w where w.account_id = of_account_id and w.interview_id = of_interview_id;
    get diagnostics watch_records = row_count;
    watch_records := watch_records + seen;
    return next;
end
$$;
revoke execute on function views.erase_feedback(text, text) from public;
grant execute on function views.erase_feedback(text, text) to sharelink_links;

grant select, insert, update on views.reviews, views.review_revisions, views.watch, views.watched, views.access_requests to sharelink_views;
grant select on links.content_states to sharelink_views;
grant select on views.published_reviews to sharelink_links, sharelink_notifications;
