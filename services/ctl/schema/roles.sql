-- The daemons' roles and their settings. The roles are made without a password; `sharelink migrate` sets it.

-- Roles belong to the whole cluster, where another database of ours may be making them at this very moment.
do $$
declare
    role text;
begin
    foreach role in array array['sharelink_links', 'sharelink_views', 'sharelink_notifications', 'sharelink_console'] loop
        begin
            if not exists (select from pg_roles where rolname = role) then
                execute format('create role %I login', role);
            end if;
        exception when duplicate_object or unique_violation then
            null;
        end;
    end loop;
end
$$;

-- A statement that runs for longer is a fault to be seen and not a request to be kept. One that meets a locked row gives it up soon,
-- for others are sent behind it on the same connection; it waits on where it makes nobody else wait (common/pg/pool.c). And compiling
-- a statement takes longer than any of ours runs.
do $$
declare
    role text;
begin
    foreach role in array array['sharelink_links', 'sharelink_views', 'sharelink_notifications', 'sharelink_console'] loop
        execute format('alter role %I in database %I set statement_timeout = %L', role, current_database(), '5s');
        execute format('alter role %I in database %I set lock_timeout = %L', role, current_database(), '150ms');
        execute format('alter role %I in database %I set idle_in_transaction_session_timeout = %L', role, current_database(), '5s');
        execute format('alter role %I in database %I set jit = off', role, current_database());
    end loop;
end
$$;

-- What the views and the notifications service send finds rows by their keys, whoever asks and however many there are: one
-- plan serves all, and making it anew for a big statement costs several times what running it does. A plan that was made when
-- tables were small must not read them whole when they are not, nor sort all that is due for the few that are taken. For the
-- lists of the links service a plan may be made for what they are asked; it, too, finds all by keys.
do $$
begin
    execute format('alter role sharelink_links in database %I set enable_seqscan = off', current_database());
    execute format('alter role sharelink_views in database %I set plan_cache_mode = force_generic_plan', current_database());
    execute format('alter role sharelink_views in database %I set enable_seqscan = off', current_database());
    execute format('alter role sharelink_notifications in database %I set plan_cache_mode = force_generic_plan', current_database());
    execute format('alter role sharelink_notifications in database %I set enable_seqscan = off', current_database());
    execute format('alter role sharelink_notifications in database %I set enable_bitmapscan = off', current_database());
    execute format('alter role sharelink_console in database %I set plan_cache_mode = force_generic_plan', current_database());
    execute format('alter role sharelink_console in database %I set enable_seqscan = off', current_database());
end
$$;
