"""What the schema must keep to, beyond doing its work."""

TIED = """
    select p.oid::regprocedure::text
    from pg_proc p
    where p.prosqlbody is not null
      and p.pronamespace::regnamespace::text in ('sharelink', 'events', 'links', 'views', 'notifications')
      and exists (select from unnest(p.proargtypes) as argument (type)
                  join pg_type t on t.oid = argument.type
                  join pg_class c on c.oid = t.typrelid
                  where c.relkind in ('r', 'p'))"""


def test_no_compiled_function_ties_down_a_table(db):
    """From 15.19 on, PostgreSQL refuses to add a column with a default to a table whose row such a function takes."""
    tied = [name for name, in db.rows(TIED)]
    assert tied == [], "write the bodies of these as text: as $$ … $$"
