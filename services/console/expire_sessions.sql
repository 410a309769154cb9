-- Ends the sessions of the console that an account has, of one recruiter or all.
-- in  account_id text, recruiter_email text?
-- out expired bigint
with ended as (
    update console.sessions set ended_at = now()
    where id in (select s.id from console.sessions s
                 where s.account_id = :account_id and (:recruiter_email is null or s.recruiter_email = :recruiter_email)
                   and s.expires_at > now() and s.ended_at is null
                 order by s.id for update)
    returning 1
)
select count(*) as expired from ended
