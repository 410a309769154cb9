-- One message template.
-- in  account_id text, template_id text
-- out version int, template json
select t.version, links.email_template_json(t) as template
from links.email_templates t
where t.account_id = :account_id and t.id = :template_id
