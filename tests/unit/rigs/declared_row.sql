-- For test_pg_declared.c: one row with an output of each kind.
-- in  name text, note text?, count int, box bytea?, tags text[]
-- out outcome: fine | odd, name text, note text?, count int?, at timestamptz
select case :count % 2 when 0 then 'fine' else 'odd' end as outcome, :name as name, :note as note,
       case when :box is null and cardinality(:tags) = 0 then :count end as count, now() as at
