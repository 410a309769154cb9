-- What the page before the passcode may say, and that of a link that is over. Scanners of mails read it: of the candidates it has their
-- number, that of their jobs, and how long they speak. A session that is good goes straight in; one that was good is told so.
-- in  token_hash bytea, session_hash bytea?
-- out state: active | expired | deactivated | no row: unknown, session: live | over | none, sender_name text, is_basic bool,
--     interview_count int, job_count int, seconds float8, expires_at text?, closed_at text?,
--     closed_code text?, brand_name text?, brand_accent text?, brand_logo text?, reviewer_locale text?, account_locale text?
select d.state, case when v.id is not null then 'live' when :session_hash is not null then 'over' else 'none' end as session,
       d.sender_name, d.kind = 'basic' as is_basic, s.interview_count, s.job_count, s.seconds,
       views.local_time(d.expires_at, d.sender_time_zone) as expires_at, views.local_time(d.closed_at, d.sender_time_zone) as closed_at,
       d.closed_code, d.brand_name, d.brand_accent, d.brand_logo, d.reviewer_locale, d.account_locale
from links.doors d
cross join lateral (
    select count(*)::int as interview_count, count(distinct i.job_id)::int as job_count, coalesce(sum(i.recorded_s), 0)::float8 as seconds
    from links.shared_interviews i
    where i.share_link_id = d.share_link_id
) s
left join views.visit_of_session(:session_hash, d.reviewer_id, d.passcode_epoch) v on true
where d.token_hash = :token_hash
