-- Stores a webhook endpoint, unless the account has endpoints_max already. is_sound false asks for the check of its links alone.
-- in  endpoint_id text, account_id text, url text, events text[]?, share_link_ids text[]?, external_ids text[]?, description text?,
--     state text, secret bytea, is_sound bool, endpoints_max int
-- out outcome: ok | faulty | too_many, version int?, endpoint json?, missing json?
with missing as materialized (
    select m as place from notifications.missing_links(:account_id, :share_link_ids, null) m
),
judged as materialized (
    select case when not :is_sound or exists (select from missing) then 'faulty'
                when (select count(*) from notifications.webhook_endpoints o where o.account_id = :account_id) >= :endpoints_max then 'too_many'
                else 'ok' end as outcome
),
stored as (
    insert into notifications.webhook_endpoints as e (
        id, account_id, url, events, share_link_ids, external_ids, description, state, state_reason, secret)
    select :endpoint_id, :account_id, :url, :events, :share_link_ids, :external_ids, :description, :state,
           case :state when 'disabled' then 'manual' end, :secret
    from judged where outcome = 'ok'
    returning e
)
select j.outcome, (select (s.e).version from stored s) as version,
       (select notifications.webhook_endpoint_json(s.e) from stored s) as endpoint,
       (select json_agg(m.place order by m.place) from missing m) as missing
from judged j
