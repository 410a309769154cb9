-- An answer kept for an Idempotency-Key that bears a candidate's name says whose it is, so that erasing the candidate takes it
-- along: an interview as "account/interview".
alter table sharelink.idempotent_answers add column about text;
create index idempotent_answers_by_subject on sharelink.idempotent_answers (about) where about is not null;
grant select (about), insert (about) on sharelink.idempotent_answers to sharelink_links, sharelink_notifications;
