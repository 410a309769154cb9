-- What each service may do with what all share, and which schemas it may look into.

grant usage on schema sharelink, events to sharelink_links, sharelink_views, sharelink_notifications;
grant usage on schema sharelink to sharelink_console;
grant usage on schema links to sharelink_links, sharelink_views, sharelink_notifications, sharelink_console;
grant usage on schema views to sharelink_links, sharelink_views, sharelink_notifications;
grant usage on schema notifications to sharelink_links, sharelink_notifications;
grant usage on schema console to sharelink_links, sharelink_notifications, sharelink_console;

-- Nobody may change or delete: not even the services that write it.
grant insert, select on events.log to sharelink_links;
grant select on events.log to sharelink_notifications;

revoke execute on function events.add_of_reviewers(text[], text[], text[], jsonb[], text[], text[]) from public;
grant execute on function events.add_of_reviewers(text[], text[], text[], jsonb[], text[], text[]) to sharelink_views;
revoke execute on function events.make_partitions(int) from public;
grant execute on function events.make_partitions(int) to sharelink_notifications;

grant select (id, service, box, about, created_at), insert (id, box, about), delete on sharelink.idempotent_answers
    to sharelink_links, sharelink_notifications, sharelink_console;
grant update (box, about, created_at) on sharelink.idempotent_answers to sharelink_links, sharelink_notifications, sharelink_console;

grant select, insert, update on sharelink.idempotent_usage to sharelink_links, sharelink_notifications, sharelink_console;

revoke execute on function sharelink.idempotent_answer_now(bytea, boolean) from public;
grant execute on function sharelink.idempotent_answer_now(bytea, boolean) to sharelink_links, sharelink_notifications, sharelink_console;
revoke execute on function sharelink.forget_idempotent_answers(int) from public;
grant execute on function sharelink.forget_idempotent_answers(int) to sharelink_notifications;

revoke execute on function sharelink.has_schema(text, text) from public;
grant execute on function sharelink.has_schema(text, text) to sharelink_links, sharelink_views, sharelink_notifications, sharelink_console;
