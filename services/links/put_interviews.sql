-- Creates interviews or replaces their documents, all of them or none: links.store_interviews. faults tells of each that is too large: its
-- place, from 0, the first of the links that have it whose pages would be too large, and how large those would be. taken has the places of
-- those whose external_id another interview has. is_sound false asks for that check alone. All lists are of one length: what is large is
-- handed on in its list, and not copied row by row.
-- lane heavy
-- in  account_id text, is_sound bool, content_max bigint, ids text[], external_ids text[], documents text[], metadata text[]
-- out interviews json?, faults json?, taken json?
with taken as materialized (
    select t.place from links.taken_names(:account_id, :ids, :external_ids) t (place)
),
done as materialized (
    select s.*
    from (select count(*) as many from taken) t
    cross join lateral links.store_interviews(:account_id, :ids, case when sharelink.after(t.many) then :documents::jsonb[] end, :external_ids,
                                              :metadata::jsonb[], false, false, null, :content_max) s
    where :is_sound and t.many = 0
)
select (select json_agg(json_build_object(
                   'id', (:ids)[place],
                   'result', case when version = 1 then 'created' else 'replaced' end,
                   'version', version,
                   'created_at', sharelink.rfc3339(created_at),
                   'updated_at', sharelink.rfc3339(updated_at)) order by place)
        from done where outcome = 'stored') as interviews,
       (select json_agg(json_build_array(f.place - 1, f.overfull_link, f.content_size) order by f.place)
        from (select distinct on (place) place, overfull_link, content_size from done where outcome = 'too_large'
              order by place, overfull_link) f) as faults,
       (select json_agg(place - 1 order by place) from taken) as taken
