-- What a recruiter wants to be told of. $1 the account, $2 the address as asked for.
select coalesce(p.version, 0) as version, notifications.preferences_json($2::text, p) as preferences
from (select 1) one
left join notifications.preferences p on p.account_id = $1 and p.address = lower($2::text collate "C")
