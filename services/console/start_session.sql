-- Takes the code of a session, and gives it one more token: the code works for five minutes, and for sixty seconds after its first
-- use, ten times at most, for browsers load a page twice.
-- in  session_id text, code_hash bytea, token_hash bytea
-- out outcome: ok | over | used | wrong | no row: not_found, session json?
with found as materialized (
    select s as session from console.sessions s where s.id = :session_id for update
),
judged as materialized (
    select case when not console.is_live(f.session) then 'over'
                when (f.session).code_hash <> :code_hash then 'wrong'
                when least((f.session).code_until, (f.session).first_used_at + interval '60 seconds') <= now() then 'used'
                when cardinality((f.session).token_hashes) >= 10 then 'used'
                else 'ok' end as outcome, f.session
    from found f
),
started as (
    update console.sessions s
    set first_used_at = coalesce(s.first_used_at, now()), token_hashes = s.token_hashes || :token_hash
    from judged j
    where s.id = (j.session).id and j.outcome = 'ok'
    returning s.id
)
select j.outcome,
       (select json_build_object(
                   'id', st.id, 'expires_at', sharelink.rfc3339((j.session).expires_at),
                   'recruiter', json_build_object('email', (j.session).recruiter_email, 'name', (j.session).recruiter_name,
                                                  'time_zone', (j.session).time_zone),
                   'account', json_build_object('name', a.name, 'advanced_links', a.has_advanced_links),
                   'view', (j.session).view, 'interview_ids', to_json((j.session).interview_ids),
                   'share_link_id', (j.session).share_link_id, 'may', to_json((j.session).may), 'sees', (j.session).sees,
                   'origin', (j.session).origin, 'return_url', (j.session).return_url)
        from started st
        cross join lateral links.console_account((j.session).account_id, '{}', null) a) as session
from judged j
