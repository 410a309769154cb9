-- Changes an account's name and defaults: a name of null stays, default_settings holds those of the six settings that were sent,
-- and is_expiry_given and is_sender_name_given say whether that default is set, to null too.
-- in  account_id text, tags text?, name text?, default_settings jsonb, is_expiry_given bool, default_expires_value int?,
--     default_expires_unit text?, is_sender_name_given bool, default_sender_name text?
-- out outcome: ok | version_mismatch | no row: not_found, version int?, account json?
with account as materialized (
    select * from links.accounts where id = :account_id for no key update
),
changed as (
    update links.accounts a
    set name = coalesce(:name, a.name),
        default_settings = a.default_settings || :default_settings,
        default_expires_value = case when :is_expiry_given then :default_expires_value else a.default_expires_value end,
        default_expires_unit = case when :is_expiry_given then :default_expires_unit else a.default_expires_unit end,
        default_sender_name = case when :is_sender_name_given then :default_sender_name else a.default_sender_name end,
        version = a.version + 1,
        updated_at = now()
    from account
    where a.id = account.id and sharelink.is_other('v' || account.version, :tags) is not true
    returning a.*
)
select case when exists (select from changed) then 'ok' else 'version_mismatch' end as outcome,
       (select version from changed) as version, (select links.account_json(c) from changed c) as account
from account
