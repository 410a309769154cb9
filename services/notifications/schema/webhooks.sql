-- Which events a webhook endpoint is told of. Bodies of functions that take rows are text, as links/schema/functions.sql has it.

-- The platform's own id of a link; of one that is gone, what the event of its end says. Events may be planned after that end.
create or replace function notifications.external_id_of(of_share_link_id text) returns text
language plpgsql stable as $$
declare
    found_id text;
begin
    select l.external_id into found_id from links.webhook_links l where l.share_link_id = of_share_link_id;
    if not found then
        select e.data ->> 'external_id' into found_id from events.log e
        where e.share_link_id = of_share_link_id and e.type = 'link.deleted'
        order by e.xid desc, e.id desc limit 1;
    end if;
    return found_id;
end
$$;

-- Whether an endpoint wants an event of this type about this link, whose external_id it is, looked up once for all endpoints. Whoever
-- chose links wants nothing that is about none. Stable and an expression, so that it becomes part of the statement that asks.
create or replace function notifications.wants(
    endpoint notifications.webhook_endpoints, event_type text, of_share_link_id text, of_external_id text) returns boolean
language sql stable as $$
    select (endpoint.events is null or event_type = any (endpoint.events))
       and ((endpoint.share_link_ids is null and endpoint.external_ids is null)
            or of_share_link_id = any (endpoint.share_link_ids) or of_external_id = any (endpoint.external_ids))
$$;

-- The same from the other end: the links that an endpoint chose. For who looks for them in a log that is mostly of others.
create or replace function notifications.chosen_links(endpoint notifications.webhook_endpoints) returns setof text
language sql stable rows 100 as $$
    select unnest(endpoint.share_link_ids)
    union
    select l.share_link_id from links.webhook_links l
    where l.account_id = endpoint.account_id and l.external_id = any (endpoint.external_ids)
    union
    select e.share_link_id from events.log e
    where endpoint.external_ids is not null and e.type = 'link.deleted' and e.account_id = endpoint.account_id
      and e.data ->> 'external_id' = any (endpoint.external_ids)
$$;

-- Places (from 0) of ids that are of no link of the account. One that the endpoint has already may be of a link that is gone.
create or replace function notifications.missing_links(of_account_id text, ids text[], known text[]) returns setof int
language sql stable as $$
    select (i.place - 1)::int
    from unnest(ids) with ordinality as i (id, place)
    where i.id <> '' and i.id <> all (coalesce(known, '{}'))
      and not exists (select from links.webhook_links l where l.share_link_id = i.id and l.account_id = of_account_id)
$$;
