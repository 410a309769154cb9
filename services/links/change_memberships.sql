-- Puts interviews into some links and takes them out of others, or changes nothing and says of each what stands in the way: places, from 0, in
-- the lists that were sent. is_sound false asks for what is unknown alone. Row locks: links.change_memberships.
-- in  account_id text, session_id text?, interview_ids text[], add_to text[], remove_from text[], is_sound bool, interviews_max int, content_max bigint,
--     request_id text, traceparent text?
-- out outcome: ok | faulty, changed json, unknown_interviews json?, unknown_to_add_to json?, unknown_to_remove_from json?, full_links json?,
--     large_links json?, events json?
with done as materialized (
    select * from links.change_memberships(:account_id, :session_id, :interview_ids, :add_to, :remove_from, :is_sound, :interviews_max, :content_max)
),
changed as materialized (
    select d.link_id, d.is_addition, row_number() over (order by d.is_addition desc, d.place) as nth, d.changed_ids,
           case when d.is_addition then 'link.interviews_added' else 'link.interviews_removed' end as type
    from done d
    where d.changed_ids is not null
),
logged as (
    insert into events.log (id, account_id, type, share_link_id, data, request_id, traceparent)
    select sharelink.new_id('evt_'), :account_id, c.type, c.link_id,
           jsonb_build_object('share_link_id', c.link_id, 'interview_ids', to_jsonb(c.changed_ids)), :request_id, :traceparent
    from changed c
    returning id, type, events.cloud_event(log) as cloud_event
)
select case when not :is_sound or exists (select from done d where d.changed_ids is null) then 'faulty' else 'ok' end as outcome,
       (select json_build_object('changed', coalesce(json_agg(json_build_object(
                                     'id', c.link_id,
                                     'added', case when c.is_addition then cardinality(c.changed_ids) else 0 end,
                                     'removed', case when c.is_addition then 0 else cardinality(c.changed_ids) end) order by c.nth), '[]'))
        from changed c) as changed,
       (select json_agg(d.place - 1 order by d.place) from done d where d.outcome = 'unknown_interview') as unknown_interviews,
       (select json_agg(d.place - 1 order by d.place) from done d where d.outcome = 'unknown_link' and d.is_addition) as unknown_to_add_to,
       (select json_agg(d.place - 1 order by d.place) from done d where d.outcome = 'unknown_link' and not d.is_addition) as unknown_to_remove_from,
       (select json_agg(d.place - 1 order by d.place) from done d where d.outcome = 'full_link') as full_links,
       (select json_agg(d.place - 1 order by d.place) from done d where d.outcome = 'large_link') as large_links,
       (select json_agg(json_build_array('sharelink.' || type || '.v1', cloud_event) order by id) from logged) as events
