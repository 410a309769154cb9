-- Published for the services that API keys open: one live key by its id. Nobody but the operator reads the table itself.

create function links.live_api_key(of_id text) returns table (secret_hash bytea, account_id text, scopes text, plan text)
language sql stable security definer rows 1 set search_path = pg_catalog, pg_temp
begin atomic
    select k.secret_hash, k.account_id, array_to_string(k.scopes, ' '), a.plan
    from links.api_keys k
    join links.accounts a on a.id = k.account_id
    where k.id = of_id and k.revoked_at is null;
end;
revoke execute on function links.live_api_key(text) from public;
grant execute on function links.live_api_key(text) to sharelink_links, sharelink_notifications;

revoke select on links.api_keys from sharelink_links;
