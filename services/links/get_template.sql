-- One message template.
select t.version, links.email_template_json(t) as template
from links.email_templates t
where t.account_id = $1 and t.id = $2
