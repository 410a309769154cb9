-- For test_pg_declared.c: a row for each item.
-- batch items: name text, note text?
-- in    suffix text
-- out   place int, name text, note text?
select i.place, i.name || :suffix as name, i.note from :items as i
