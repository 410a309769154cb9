-- What was done to this database's schema.
-- out kind text, name text, checksum text, version text
select kind, name, checksum, version from public.sharelink_schema order by kind, name
