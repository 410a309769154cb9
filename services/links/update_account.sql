-- Changes an account's name and defaults. $3 the name or null, $4 those of the six settings that were sent, $5 whether an
-- expiry was sent, $6 and $7 which, $8 whether a sender's name was sent, $9 which.
with account as materialized (
    select * from links.accounts where id = $1 for no key update
),
changed as (
    update links.accounts a
    set name = coalesce($3, a.name),
        default_settings = a.default_settings || $4::jsonb,
        default_expires_value = case when $5::boolean then $6::int else a.default_expires_value end,
        default_expires_unit = case when $5::boolean then $7 else a.default_expires_unit end,
        default_sender_name = case when $8::boolean then $9 else a.default_sender_name end,
        version = a.version + 1,
        updated_at = now()
    from account
    where a.id = account.id and ($2::int is null or account.version = $2::int)
    returning a.*
)
select case when exists (select from changed) then 'ok' else 'version_mismatch' end as outcome,
       (select version from changed) as version, (select links.account_json(c) from changed c) as account
from account
