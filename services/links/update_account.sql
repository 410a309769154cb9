-- Changes an account's name, its defaults and what stands in columns of its own: a name of null stays, default_settings holds those of
-- the six settings that were sent, is_expiry_given and is_sender_name_given say whether that default is set, to null too, and changes has
-- the new values of other columns by their names. Another logo is fetched before it is shown; one that could not be had is tried again when
-- its URL is sent again (is_logo_given). The account is locked first, what is to be fetched after it.
-- in  account_id text, tags text?, name text?, default_settings jsonb, is_expiry_given bool, default_expires_value int?,
--     default_expires_unit text?, is_sender_name_given bool, default_sender_name text?, changes jsonb, is_logo_given bool
-- out outcome: ok | version_mismatch | no row: not_found, version int?, account json?
with account as materialized (
    select a as before, a.id, a.version from links.accounts a where a.id = :account_id for no key update
),
wanted as materialized (
    select before, id, jsonb_populate_record(before, :changes) as after
    from account
    where sharelink.is_other('v' || version, :tags) is not true
),
changed as (
    update links.accounts a
    set name = coalesce(:name, a.name),
        default_settings = a.default_settings || :default_settings,
        default_expires_value = case when :is_expiry_given then :default_expires_value else a.default_expires_value end,
        default_expires_unit = case when :is_expiry_given then :default_expires_unit else a.default_expires_unit end,
        default_sender_name = case when :is_sender_name_given then :default_sender_name else a.default_sender_name end,
        brand_name = (w.after).brand_name,
        brand_accent = (w.after).brand_accent,
        brand_logo_url = (w.after).brand_logo_url,
        brand_logo = case when (w.after).brand_logo_url = (w.before).brand_logo_url then (w.before).brand_logo end,
        locale = (w.after).locale,
        console_url = (w.after).console_url,
        console_origins = (w.after).console_origins,
        version = a.version + 1,
        updated_at = now()
    from wanted w
    where a.id = w.id
    returning a.*
),
asked as materialized (
    select count(views.want_logo(c.id, c.brand_logo_url)) as many from changed c where :is_logo_given
)
select case when exists (select from changed) then 'ok' else 'version_mismatch' end as outcome,
       (select version from changed) as version,
       (select links.account_json(c, links.logo_state_now(case when sharelink.after(a.many) then c.id end)) from changed c, asked a) as account
from account
