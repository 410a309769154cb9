-- One delivery of an account, with its tries.
-- in  account_id text, session_id text?, delivery_id text
-- out delivery json
select (notifications.delivery_json(d)::jsonb || jsonb_build_object('tries', notifications.tries_of(d)))::json as delivery
from notifications.deliveries d
where d.account_id = :account_id and d.id = :delivery_id and console.session_reaches(:session_id, 'share_link', d.share_link_id)
