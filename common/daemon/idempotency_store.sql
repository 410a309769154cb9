-- Keeps the answer, in the transaction of what it tells of; $3 whom it is about, or null.
insert into sharelink.idempotent_answers (id, box, about) values ($1::bytea, $2::bytea, $3)
