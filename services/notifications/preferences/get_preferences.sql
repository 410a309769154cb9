-- What a recruiter wants to be told of.
-- in  account_id text, address text
-- out version int, preferences json
select coalesce(p.version, 0) as version, notifications.preferences_json(:address, p) as preferences
from (select 1) one
left join notifications.preferences p on p.account_id = :account_id and p.address = :address
