-- Asks for a new link, for the reviewer whose URL it is; within an hour of the last time nothing happens. The owner gets so many
-- mails within an hour from all reviewers together.
-- in  token_hash bytea, mails_max int, event_id text, request_id text, traceparent text?
-- out outcome: requested | too_many_mails | no row: unknown, retry_s int?, event text?, is_open bool, is_basic bool, sender_name text,
--     brand_name text?, brand_accent text?, brand_logo text?, reviewer_locale text?, account_locale text?
with door as materialized (
    select reviewer_id, state = 'active' as is_open, kind = 'basic' as is_basic, sender_name, brand_name, brand_accent, brand_logo,
           reviewer_locale, account_locale
    from links.doors where token_hash = :token_hash
),
asked as materialized (
    select d.reviewer_id, t.is_taken, t.retry_s from door d cross join lateral views.take_access_request(d.reviewer_id, :mails_max) t
),
taken as materialized (
    select reviewer_id from asked where is_taken
),
logged as (
    select e.cloud_event
    from taken a
    cross join lateral events.add_of_reviewers(
        array[:event_id], array['link.access_requested'], array[a.reviewer_id], array['{}'::jsonb], array[:request_id], array[:traceparent]) e
)
select case when t.retry_s is null then 'requested' else 'too_many_mails' end as outcome, t.retry_s, l.cloud_event as event,
       d.is_open, d.is_basic, d.sender_name, d.brand_name, d.brand_accent, d.brand_logo, d.reviewer_locale, d.account_locale
from asked t
join door d on d.reviewer_id = t.reviewer_id
left join logged l on true
