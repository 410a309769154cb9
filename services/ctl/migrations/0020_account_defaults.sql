-- What an account's new links get where the request leaves something out.

alter table links.accounts
    add column default_settings      jsonb       not null default '{}',
    add column default_expires_value int,
    add column default_expires_unit  text        check (default_expires_unit in ('days', 'weeks')),
    add column default_sender_name   text,
    add column version               int         not null default 1,
    add column updated_at            timestamptz not null default now(),
    add check ((default_expires_value is null) = (default_expires_unit is null));

-- One setting: as sent, else the account's default, else off.
create function links.setting(sent jsonb, account links.accounts, name text) returns boolean
language sql immutable
return coalesce((sent ->> name)::boolean, (account.default_settings ->> name)::boolean, false);

-- When a new link expires: as sent (at, or in so many seconds, or never), else by the account's default, else never.
create function links.expiry(is_sent boolean, at timestamptz, in_s bigint, account links.accounts) returns timestamptz
language sql stable
return case when is_sent then coalesce(at, now() + in_s * interval '1 second')
            else now() + account.default_expires_value
                         * case account.default_expires_unit when 'weeks' then interval '168 hours' else interval '24 hours' end end;

create function links.account_json(account links.accounts) returns json
language sql stable
return json_build_object(
    'id', account.id,
    'name', account.name,
    'plan', account.plan,
    'defaults', json_build_object(
        'settings', json_build_object(
            'abbreviate_names', links.setting(null, account, 'abbreviate_names'),
            'omit_avatars', links.setting(null, account, 'omit_avatars'),
            'exclude_full_profiles', links.setting(null, account, 'exclude_full_profiles'),
            'hide_skipped_questions', links.setting(null, account, 'hide_skipped_questions'),
            'disable_feedback', links.setting(null, account, 'disable_feedback'),
            'mask_questionnaire', links.setting(null, account, 'mask_questionnaire')),
        'expires_in', case when account.default_expires_value is not null
                           then json_build_object('value', account.default_expires_value, 'unit', account.default_expires_unit) end,
        'sender_name', account.default_sender_name),
    'version', account.version,
    'created_at', sharelink.rfc3339(account.created_at),
    'updated_at', sharelink.rfc3339(account.updated_at));

grant update (name, default_settings, default_expires_value, default_expires_unit, default_sender_name, version, updated_at)
    on links.accounts to sharelink_links;
