-- Keeps the answer, in the transaction of what it tells of, and in the place of one that is older than a day; about: whom it is about.
-- Of the others that are as old a few go each time, but for those whose keys are in use: their transactions may be about to write
-- them, while this one waits for them (docs/architecture.md, "In which order rows are locked").
-- Last of all it is counted for the account.
-- in key_hash bytea, box bytea, about text?, account_id text
with forgotten as (
    delete from sharelink.idempotent_answers a
    where a.created_at <= now() - interval '24 hours' and a.id <> :key_hash
      and a.id in (select o.id from sharelink.idempotent_answers o
                   where o.created_at <= now() - interval '24 hours' and o.id <> :key_hash
                     and pg_try_advisory_xact_lock(sharelink.number_of_key(o.id))
                   order by o.created_at limit 10 for update skip locked)
),
stored as (
    insert into sharelink.idempotent_answers as a (id, box, about) values (:key_hash, :box, :about)
    on conflict (id) do update set box = excluded.box, about = excluded.about, created_at = now()
    where a.created_at <= now() - interval '24 hours'
    returning octet_length(a.box) as bytes
)
insert into sharelink.idempotent_usage as u (account_id, bytes)
select :account_id, bytes + 200 from stored
on conflict (service, account_id, hour) do update set bytes = u.bytes + excluded.bytes
