-- What the notifications service publishes: what others may read of its tables.

-- For the links service: what became of a reviewer's invitations.
create or replace view notifications.invitations as
select reviewer_id, id, state, sent_at, recipient from notifications.deliveries where kind = 'invitation';
