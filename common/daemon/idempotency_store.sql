-- Keeps the answer, in the transaction of what it tells of; about: whom it is about.
-- in key_hash bytea, box bytea, about text?
insert into sharelink.idempotent_answers (id, box, about) values (:key_hash, :box, :about)
