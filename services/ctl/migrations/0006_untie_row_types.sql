-- From 15.19 on, PostgreSQL refuses "alter table … add column … default …" while a function with a compiled body (return …,
-- begin atomic …) takes a row of that table: "cannot alter table because function … uses its row type". A body that is text is
-- read anew at each call, and ties nothing. So functions that take rows of our tables get their bodies as text.
--
-- A migration that makes such a function with a compiled body calls this at its end; 0029 and 0069 do so for those before
-- them.
create procedure sharelink.untie_row_types()
language plpgsql as $$
declare
    tied       record;
    definition text;
    compiled   text;
begin
    for tied in
        select p.oid
        from pg_catalog.pg_proc p
        where p.prosqlbody is not null
          and p.pronamespace::regnamespace::text in ('sharelink', 'events', 'links', 'views', 'notifications')
          and exists (select from unnest(p.proargtypes) as argument (type)
                      join pg_catalog.pg_type t on t.oid = argument.type
                      join pg_catalog.pg_class c on c.oid = t.typrelid
                      where c.relkind in ('r', 'p'))
    loop
        compiled := pg_get_function_sqlbody(tied.oid);
        definition := pg_get_functiondef(tied.oid);
        if compiled not like 'RETURN %' then
            raise exception 'the body of % is more than one expression: write it as text', tied.oid::regprocedure;
        end if;
        execute left(definition, strpos(definition, compiled) - 1) || 'as '
                || quote_literal(overlay(compiled placing 'select' from 1 for length('RETURN')));
    end loop;
end;
$$;
revoke execute on procedure sharelink.untie_row_types() from public;
call sharelink.untie_row_types();
