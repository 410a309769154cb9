-- Ends a session of the console; one that is over already stays as it is.
-- in  account_id text, session_id text
-- out session_id text
update console.sessions set ended_at = coalesce(ended_at, now())
where account_id = :account_id and id = :session_id
returning id as session_id
