-- Whether a session of the console may know of a share link or an interview.
-- in  session_id text, kind text, id text
-- out reaches bool
select console.session_reaches(:session_id, :kind, :id) as reaches
