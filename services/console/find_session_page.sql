-- How the page of a session is to look, and who may frame it.
-- in  session_id text
-- out is_live bool, origin text?, locale text?, scheme text, accent text?, account_name text, account_locale text?
select console.is_live(s) as is_live, s.origin, s.locale, s.scheme, coalesce(s.accent, a.accent) as accent,
       a.name as account_name, a.locale as account_locale
from console.sessions s
cross join lateral links.console_account(s.account_id, '{}', null) a
where s.id = :session_id
