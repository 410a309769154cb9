-- The library of message templates: versions, and one default per account.

alter table links.email_templates add column version int not null default 1;
create unique index email_templates_one_default on links.email_templates (account_id) where is_default;
create index email_templates_by_time on links.email_templates (account_id, created_at, id);
create index email_templates_by_name on links.email_templates (account_id, (lower(name) collate "C"), id);

create function links.email_template_json(template links.email_templates) returns json
language sql stable
return json_build_object(
    'id', template.id,
    'name', template.name,
    'subject', template.subject,
    'body', template.body,
    'is_default', template.is_default,
    'version', template.version,
    'created_at', sharelink.rfc3339(template.created_at),
    'updated_at', sharelink.rfc3339(template.updated_at));

-- Takes the default from the template that has it. Volatile, so that a statement which had to wait for the account's row
-- sees what was committed meanwhile; the count that it returns is there to be waited for.
create function links.take_default_now(of_account_id text, except_id text) returns int
language plpgsql volatile as $$
declare
    taken int;
begin
    update links.email_templates
    set is_default = false, version = version + 1, updated_at = now()
    where account_id = of_account_id and is_default and id <> except_id;
    get diagnostics taken = row_count;
    return taken;
end
$$;

-- A preview shows what a mail would say.
grant select on links.mail_contexts to sharelink_links;
