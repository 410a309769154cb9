-- Leases up to room of what is to be fetched now: at most account_most of one account, those included that the caller holds, so that
-- an account with thousands of captions, or whose servers hang, keeps no other from its own. Each account's first are found by its id,
-- from behind behind_id on, some hundreds a time; go_on_behind says where to go on, and stands alone in a row where nothing is due. A row
-- that somebody holds is passed over.
-- in  room int, lease_s int, lease_holder text, held_account_ids text[], account_most int, behind_id text
-- out fetch_id bigint?, account_id text?, interview_id text?, url text?, document_version int?, attempts int?, go_on_behind text?
with recursive busy as materialized (
    select id, count(*)::int as held from unnest(:held_account_ids) as b (id) group by id
),
accounts (account_id, step) as (
    select (select f.account_id from views.fetches f where f.state = 'waiting' and f.account_id > :behind_id order by f.account_id limit 1), 1
    union all
    select (select f.account_id from views.fetches f where f.state = 'waiting' and f.account_id > a.account_id order by f.account_id limit 1),
           a.step + 1
    from accounts a
    where a.account_id is not null and a.step < 500
),
due as materialized (
    select f.id
    from (
        select w.id, row_number() over (partition by a.account_id order by w.next_attempt_at, w.id) as place, w.next_attempt_at
        from accounts a
        left join busy b on b.id = a.account_id
        cross join lateral (
            select f.id, f.next_attempt_at from views.fetches f
            where f.state = 'waiting' and f.account_id = a.account_id and f.next_attempt_at <= now()
              and (f.lease_until is null or f.lease_until < now())
            order by f.next_attempt_at
            limit greatest(:account_most - coalesce(b.held, 0), 0)
        ) w
    ) w
    join views.fetches f on f.id = w.id
    where f.state is not distinct from 'waiting' and (f.lease_until is null or f.lease_until < now())
    order by w.place, w.next_attempt_at
    limit :room
    for update of f skip locked
),
claimed as (
    update views.fetches f
    set attempts = f.attempts + 1, lease_until = now() + :lease_s * interval '1 second', lease_holder = :lease_holder
    from due
    where f.id = due.id
    returning f.*
)
select k.id as fetch_id, k.account_id, k.interview_id, k.url, k.document_version, k.attempts, g.go_on_behind
from (select max(a.account_id) filter (where a.step = 500) as go_on_behind from accounts a) g
left join claimed k on true
