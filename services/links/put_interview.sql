-- Creates an interview or replaces its document. only_replaces: there must be one already, of that version unless it is null.
-- only_creates: there must be none yet. No row when it is not so. Nothing is stored
-- when the pages of a link that has the interview would become too large. Row locks: the interview, then its links when it grows.
-- in  account_id text, interview_id text, document jsonb, only_replaces bool, tags text?, only_creates bool, content_max bigint
-- out outcome: stored | too_large | no row: not_as_wanted, version int?, interview jsonb?, overfull_link text?, content_size bigint?
with overfull as materialized (
    select * from links.overfull_link(:account_id, :interview_id, :document, :content_max)
),
replaced as (
    update links.interviews i
    set document = :document, version = i.version + 1, updated_at = now()
    where i.account_id = :account_id and i.id = :interview_id
      and not exists (select from overfull) and :only_replaces and not :only_creates and sharelink.is_other('v' || i.version, :tags) is not true
    returning *
),
stored as (
    insert into links.interviews as i (account_id, id, document)
    select :account_id, :interview_id, :document where not :only_replaces and not exists (select from overfull)
    on conflict (account_id, id) do update
        set document = excluded.document, version = i.version + 1, updated_at = now()
        where not :only_creates
    returning *
)
select 'stored' as outcome, version, document || jsonb_build_object(
           'id', id, 'version', version, 'created_at', sharelink.rfc3339(created_at), 'updated_at', sharelink.rfc3339(updated_at))
           as interview, null as overfull_link, null::bigint as content_size
from (select * from replaced union all select * from stored) done
union all
select 'too_large', null, null, share_link_id, size from overfull
