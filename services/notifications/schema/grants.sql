-- Who may do what with what the notifications service owns.

grant select, insert, update, delete on notifications.settled, notifications.gatherings, notifications.webhook_endpoints
    to sharelink_notifications;
grant select, insert, update on notifications.deliveries, notifications.preferences to sharelink_notifications;
grant select, update on notifications.cursors to sharelink_notifications;
grant select, insert on notifications.dead_entries to sharelink_notifications;

grant select on notifications.invitations, notifications.failed_invitations to sharelink_links;

revoke execute on function notifications.drop_mails_of_candidate(text, text, text[], text[]) from public;
grant execute on function notifications.drop_mails_of_candidate(text, text, text[], text[]) to sharelink_links;
revoke execute on function notifications.close_gathering() from public;
