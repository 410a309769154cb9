-- A session of the console that lives: the digests of its tokens, whose it is, and what it may.
-- in  session_id text
-- out tokens json, account_id text, plan text, recruiter_email text, recruiter_name text?, time_zone text, may text, sees_all bool,
--     is_from_mail bool
select (select coalesce(json_agg(encode(t.hash, 'hex')), '[]') from unnest(s.token_hashes) t (hash)) as tokens, s.account_id, s.plan,
       s.recruiter_email, s.recruiter_name, s.time_zone, s.may, s.sees_all, s.is_from_mail
from console.live_session(:session_id) s
