-- Creates an interview or replaces its document.
with stored as (
    insert into links.interviews as i (account_id, id, document)
    values ($1, $2, $3::jsonb)
    on conflict (account_id, id) do update
        set document = excluded.document, version = i.version + 1, updated_at = now()
    returning *
)
select version, document || jsonb_build_object(
           'id', id, 'version', version, 'created_at', sharelink.rfc3339(created_at), 'updated_at', sharelink.rfc3339(updated_at))
           as interview
from stored
