-- Which events a webhook endpoint is told of. Bodies of functions that take rows are text, as links/schema/functions.sql has it.

-- The platform's own id of a link; of one that is gone, what the event of its end says. Events may be planned after that end.
create or replace function notifications.external_id_of(of_share_link_id text) returns text
language plpgsql stable as $$
begin
    return coalesce((select l.external_id from links.webhook_links l where l.share_link_id = of_share_link_id),
                    (select e.data ->> 'external_id' from events.log e
                     where e.share_link_id = of_share_link_id and e.type = 'link.deleted'
                     order by e.xid desc, e.id desc limit 1));
end
$$;

-- Whether an endpoint wants an event of this type about this link. Whoever chose links wants nothing that is about none. Stable and
-- an expression, so that it becomes part of the statement that asks.
create or replace function notifications.wants(endpoint notifications.webhook_endpoints, event_type text, of_share_link_id text) returns boolean
language sql stable as $$
    select (endpoint.events is null or event_type = any (endpoint.events))
       and ((endpoint.share_link_ids is null and endpoint.external_ids is null)
            or of_share_link_id = any (endpoint.share_link_ids)
            or (endpoint.external_ids is not null and notifications.external_id_of(of_share_link_id) = any (endpoint.external_ids)))
$$;

-- Places (from 0) of ids that are of no link of the account. One that the endpoint has already may be of a link that is gone.
create or replace function notifications.missing_links(of_account_id text, ids text[], known text[]) returns setof int
language sql stable as $$
    select (i.place - 1)::int
    from unnest(ids) with ordinality as i (id, place)
    where i.id <> '' and i.id <> all (coalesce(known, '{}'))
      and not exists (select from links.webhook_links l where l.share_link_id = i.id and l.account_id = of_account_id)
$$;
