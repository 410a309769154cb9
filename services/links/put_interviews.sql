-- Creates interviews or replaces their documents, all of them or none: links.store_interviews. faults tells of each that is too large: its
-- place, from 0, the first of the links that have it whose pages would be too large, and how large those would be.
-- lane heavy
-- in   account_id text, content_max bigint
-- rows interviews: id text, document jsonb
-- out  interviews json?, faults json?
with done as materialized (
    select s.*
    from (select array_agg(w.id order by w.place) as ids, array_agg(w.document order by w.place) as documents from :interviews as w) sent
    cross join lateral links.store_interviews(:account_id, sent.ids, sent.documents, false, false, null, :content_max) s
)
select (select json_agg(json_build_object(
                   'id', (interview).id,
                   'result', case when (interview).version = 1 then 'created' else 'replaced' end,
                   'version', (interview).version,
                   'created_at', sharelink.rfc3339((interview).created_at),
                   'updated_at', sharelink.rfc3339((interview).updated_at)) order by place)
        from done where outcome = 'stored') as interviews,
       (select json_agg(json_build_array(f.place - 1, f.overfull_link, f.content_size) order by f.place)
        from (select distinct on (place) place, overfull_link, content_size from done where outcome = 'too_large'
              order by place, overfull_link) f) as faults
