-- Whether the database has the records of schema.c, and those that 0.3.0 and before kept of their migrations.
-- out has_records bool, has_migrations_before bool
select to_regclass('public.sharelink_schema') is not null as has_records,
       to_regclass('public.sharelink_migrations') is not null as has_migrations_before
