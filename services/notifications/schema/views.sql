-- What the notifications service publishes: what others may read of its tables.

-- For the links service: what became of a reviewer's invitations.
create or replace view notifications.invitations as
select reviewer_id, id, state, sent_at, recipient from notifications.deliveries where kind = 'invitation';

-- For the links service: those that failed, whatever came after them.
create or replace view notifications.failed_invitations as
select account_id, share_link_id, reviewer_id, id, recipient, created_at
from notifications.deliveries where kind = 'invitation' and state = 'failed';
