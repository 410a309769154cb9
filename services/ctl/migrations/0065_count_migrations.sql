-- A daemon is ready only when the schema of its version is there. It may ask how many of the migrations that it knows have been
-- applied, and no more.
create function sharelink.migrations_applied(names text[]) returns bigint
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select count(*) from public.sharelink_migrations where name = any (names)
$$;
revoke execute on function sharelink.migrations_applied(text[]) from public;
grant execute on function sharelink.migrations_applied(text[]) to sharelink_links, sharelink_views, sharelink_notifications;
