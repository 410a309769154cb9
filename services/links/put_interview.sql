-- Creates an interview or replaces its document. $4 If-Match was sent: then there must be one to replace, of version $5 unless
-- that is null. $6 there must be none yet.
with replaced as (
    update links.interviews i
    set document = $3::jsonb, version = i.version + 1, updated_at = now()
    where i.account_id = $1 and i.id = $2 and $4::boolean and not $6::boolean and ($5::int is null or i.version = $5::int)
    returning *
),
stored as (
    insert into links.interviews as i (account_id, id, document)
    select $1, $2, $3::jsonb where not $4::boolean
    on conflict (account_id, id) do update
        set document = excluded.document, version = i.version + 1, updated_at = now()
        where not $6::boolean
    returning *
)
select version, document || jsonb_build_object(
           'id', id, 'version', version, 'created_at', sharelink.rfc3339(created_at), 'updated_at', sharelink.rfc3339(updated_at))
           as interview
from (select * from replaced union all select * from stored) done
