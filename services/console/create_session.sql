-- Stores a session of the console, or stores nothing and says what it refers to that is not there, or is not the recruiter's: the
-- statement is asked for that alone when is_sound is false. What has ended for a week goes, a few rows each time.
-- in  account_id text, key_id text, session_id text, recruiter_email text?, recruiter_name text?, time_zone text, view text,
--     interview_ids text[], share_link_id text?, may text[], sees text, origin text?, return_url text?, locale text?, scheme text,
--     accent text?, code_hash bytea, expires_in_s bigint, is_sound bool, sessions_max bigint
-- out outcome: created | faulty | full | no row: gone, missing_interviews json, is_link_missing bool, is_origin_refused bool,
--     wants_plan bool, created_at text?, expires_at text?, retry_s int?
with account as materialized (
    select * from links.console_account(:account_id, :interview_ids, :share_link_id)
),
forgotten as (
    delete from console.sessions o
    where o.id in (select s.id from console.sessions s where s.expires_at < now() - interval '7 days'
                   order by s.expires_at limit 20 for update skip locked)
),
judged as materialized (
    select a.missing_interviews,
           :share_link_id is not null
               and (not a.has_share_link or (:sees = 'own' and a.share_link_owner is distinct from :recruiter_email)) as is_link_missing,
           :origin is not null and a.console_origins <> '{}' and :origin <> all (a.console_origins) as is_origin_refused,
           :view = 'share' and not a.has_advanced_links and cardinality(:interview_ids) <> 1 as wants_plan,
           -- A zone that PostgreSQL does not know is a fault of the request: raises.
           (now() at time zone :time_zone) is not null as has_zone,
           (select count(*) from (select from console.sessions s
                                  where s.account_id = :account_id and s.expires_at > now() and s.ended_at is null
                                  limit :sessions_max) live) >= :sessions_max as is_full
    from account a
),
stored as (
    insert into console.sessions (id, account_id, key_id, recruiter_email, recruiter_name, time_zone, view, interview_ids, share_link_id,
                                  may, sees, origin, return_url, locale, scheme, accent, code_hash, code_until, expires_at)
    select :session_id, :account_id, :key_id, :recruiter_email, :recruiter_name, :time_zone, :view, :interview_ids, :share_link_id,
           :may, :sees, :origin, :return_url, :locale, :scheme, :accent, :code_hash, now() + interval '5 minutes',
           now() + :expires_in_s * interval '1 second'
    from judged j
    where :is_sound and j.missing_interviews = '{}' and not (j.is_link_missing or j.is_origin_refused or j.wants_plan or j.is_full)
    returning created_at, expires_at
)
select case when exists (select from stored) then 'created'
            when :is_sound and j.missing_interviews = '{}' and not (j.is_link_missing or j.is_origin_refused or j.wants_plan) then 'full'
            else 'faulty' end as outcome,
       to_json(j.missing_interviews) as missing_interviews, j.is_link_missing, j.is_origin_refused, j.wants_plan,
       (select sharelink.rfc3339(created_at) from stored) as created_at,
       (select sharelink.rfc3339(expires_at) from stored) as expires_at,
       (select greatest(1, ceil(extract(epoch from min(s.expires_at) - now())))::int from console.sessions s
        where j.is_full and s.account_id = :account_id and s.expires_at > now() and s.ended_at is null) as retry_s
from judged j
