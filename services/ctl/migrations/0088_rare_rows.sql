-- Lists of events and deliveries with a filter that few rows of a large account pass: each has an index that begins with what
-- is asked for and goes on in the list's order. log_by_account served an order that no list has any more.
drop index events.log_by_account;
create index log_by_account_time on events.log (account_id, created_at, id);
create index log_by_type on events.log (account_id, type, xid, id);
create index log_by_link on events.log (share_link_id, xid, id);

drop index notifications.deliveries_by_reviewer;
create index deliveries_by_reviewer on notifications.deliveries (reviewer_id, id);
create index deliveries_by_type on notifications.deliveries (account_id, event_type, id);
create index deliveries_skipped on notifications.deliveries (account_id, id) where state = 'skipped';
