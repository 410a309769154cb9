-- Which of these API keys, or sessions of the console, may not listen any more: revoked, without the scope, or over.
-- in  key_ids text[]
-- out dead json
select coalesce(json_agg(u.id), '[]') as dead
from unnest(:key_ids) as u (id)
where not exists (select from links.live_api_key(u.id) k where ' ' || k.scopes || ' ' like '% events.read %')
  and not exists (select from console.live_session(u.id))
