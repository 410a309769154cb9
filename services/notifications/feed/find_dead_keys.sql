-- Which of these API keys may not listen any more: revoked, or without the scope.
-- in  key_ids text[]
-- out dead json
select coalesce(json_agg(u.id), '[]') as dead
from unnest(:key_ids) as u (id)
where not exists (select from links.live_api_key(u.id) k where ' ' || k.scopes || ' ' like '% events.read %')
