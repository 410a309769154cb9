-- Answers to requests with an Idempotency-Key, kept for 24 hours to be given again. A row is written in the transaction of
-- the request's own effect: the one is there exactly when the other is. id is a digest of account, method, path and key;
-- box is the answer, sealed (it may hold URLs and passcodes). See common/idempotency.h.
create table sharelink.idempotent_answers (
    id         bytea       primary key,
    service    name        not null default current_user,
    box        bytea       not null,
    created_at timestamptz not null default now()
);
create index idempotent_answers_by_age on sharelink.idempotent_answers (created_at);
-- Sealed bytes do not get smaller.
alter table sharelink.idempotent_answers alter column box set storage external;

-- One table, and each service sees its own rows.
alter table sharelink.idempotent_answers enable row level security;
create policy own on sharelink.idempotent_answers using (service = current_user) with check (service = current_user);
grant select (id, service, box, created_at), insert (id, box), delete on sharelink.idempotent_answers
    to sharelink_links, sharelink_notifications;
-- for update skip locked asks for it; which rows there are never changes by it.
grant update (created_at) on sharelink.idempotent_answers to sharelink_links, sharelink_notifications;

-- Volatile, so that it sees what was committed when it is called: that is after its caller has taken the key's lock, and
-- not when the statement began.
create function sharelink.idempotent_answer_now(of_id bytea, is_locked boolean) returns setof bytea
language sql volatile rows 1 as $$
    select box from sharelink.idempotent_answers
    where is_locked and id = of_id and created_at > now() - interval '24 hours'
$$;
revoke execute on function sharelink.idempotent_answer_now(bytea, boolean) from public;
grant execute on function sharelink.idempotent_answer_now(bytea, boolean) to sharelink_links, sharelink_notifications;
