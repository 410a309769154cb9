-- A partition that cannot be made stops no other, and is named; and marks are forgotten by their age, however many there are.

-- Makes the partitions that are missing, month by month: what keeps one from being made is told in faults, and stops no other.
-- A partition takes the log for itself alone. Whoever waits for that, behind a dump, makes all others wait behind it: so
-- briefly, and with the rows of the default partition looked through before.
create function events.make_partitions(months_ahead int, out made int, out faults text)
language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '100ms'
as $$
declare
    month     date;
    begins_at timestamptz;
    ends_at   timestamptz;
    partition text;
    is_taken  boolean;
begin
    made := 0;
    for month in select generate_series(date_trunc('month', now() at time zone 'UTC'),
                                        date_trunc('month', now() at time zone 'UTC') + make_interval(months => months_ahead),
                                        interval '1 month')::date
    loop
        partition := 'log_' || to_char(month, 'YYYY_MM');
        continue when to_regclass(format('events.%I', partition)) is not null;
        begins_at := month::timestamp at time zone 'UTC';
        ends_at := (month + interval '1 month') at time zone 'UTC';
        begin
            select exists (select from events.log_default where created_at >= begins_at and created_at < ends_at) into is_taken;
            if is_taken then
                raise check_violation using message = 'log_default has rows of this month';
            end if;
            execute format('create table if not exists events.%I partition of events.log for values from (%L) to (%L)',
                           partition, begins_at, ends_at);
            made := made + 1;
        exception
            when lock_not_available then
                faults := concat_ws('; ', faults, partition || ': ' || sqlerrm);
                exit;
            when others then
                faults := concat_ws('; ', faults, partition || ': ' || sqlerrm);
        end;
    end loop;
end
$$;
revoke execute on function events.make_partitions(int) from public;
grant execute on function events.make_partitions(int) to sharelink_notifications;

-- For a daemon of before, while a new release rolls out.
create or replace function events.ensure_partitions(months_ahead int) returns int
language sql volatile security definer set search_path = pg_catalog, pg_temp set lock_timeout = '100ms'
as $$
    select made from events.make_partitions(months_ahead)
$$;

-- The oldest marks are found one by one, however many there are: a block range index cannot give them in order.
create index settled_by_age on notifications.settled (settled_at);
drop index notifications.settled_by_time;
