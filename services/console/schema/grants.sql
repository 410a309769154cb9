-- Who may do what with what the console service owns.

grant select, insert, update, delete on console.sessions to sharelink_console;

revoke execute on function console.live_session(text) from public;
grant execute on function console.live_session(text) to sharelink_links, sharelink_notifications, sharelink_console;
revoke execute on function console.session_reaches(text, text, text) from public;
grant execute on function console.session_reaches(text, text, text) to sharelink_links, sharelink_notifications, sharelink_console;
revoke execute on function console.session_interviews(text) from public;
grant execute on function console.session_interviews(text) to sharelink_links, sharelink_notifications;
revoke execute on function console.is_live(console.sessions) from public;
grant execute on function console.is_live(console.sessions) to sharelink_console;
