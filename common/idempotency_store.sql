-- Keeps the answer, in the transaction of what it tells of.
insert into sharelink.idempotent_answers (id, box) values ($1::bytea, $2::bytea)
