-- What the notifications service sends for mails, webhooks and the feed finds rows by their keys, whoever asks and however
-- many there are: as for the views service (0070_limits.sql) one plan serves all. Making it anew for every event cost more
-- than running it. A plan that was made when tables were small must not read them whole when they are not, nor
-- sort all that is due for the few that are taken. And none is worth compiling: that takes longer than running any.
do $$
begin
    execute format('alter role sharelink_notifications in database %I set plan_cache_mode = force_generic_plan', current_database());
    execute format('alter role sharelink_notifications in database %I set enable_seqscan = off', current_database());
    execute format('alter role sharelink_notifications in database %I set enable_bitmapscan = off', current_database());
    execute format('alter role sharelink_notifications in database %I set jit = off', current_database());
    execute format('alter role sharelink_views in database %I set jit = off', current_database());
end
$$;

-- What became of one mail; see record_outcomes.sql. A function, so that the row is found by its key in whatever plan: and
-- never by the index of all that is pending, which a plain comparison of its state would allow.
create function notifications.record_outcome(of_id text, holder text, outcome text, error text, delay_ms bigint, attempts_max int) returns text
language plpgsql volatile as $$
declare
    state_now text;
begin
    update notifications.deliveries d
    set state = case when outcome = 'sent' then 'sent'
                     when outcome = 'refused' or d.attempts >= attempts_max or (outcome = 'uncertain' and d.uncertain >= 1) then 'failed'
                     else 'pending' end,
        reason = case when outcome = 'sent' then null
                      when outcome = 'refused' then 'refused'
                      when outcome = 'uncertain' and d.uncertain >= 1 then 'uncertain'
                      when d.attempts >= attempts_max then 'attempts_exhausted' end,
        last_error = error,
        sent_at = case when outcome = 'sent' then now() end,
        uncertain = d.uncertain + case when outcome = 'uncertain' then 1 else 0 end,
        next_attempt_at = now() + delay_ms * interval '1 millisecond',
        lease_until = null,
        lease_holder = null
    where d.id = of_id and d.state is not distinct from 'pending' and (outcome = 'sent' or d.lease_holder = holder)
    returning d.state into state_now;
    return state_now;
end
$$;
