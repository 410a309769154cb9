-- Creates an interview or replaces its document: links.store_interviews. only_replaces: there must be one already, of one of these
-- versions unless tags is null. only_creates: there must be none yet. Nothing is stored when another interview has the external_id, nor
-- when the pages of a link that has the interview would become too large. is_sound false asks for the first of these checks alone.
-- in  account_id text, interview_id text, document jsonb, external_id text?, metadata jsonb, is_sound bool, only_replaces bool,
--     tags text?, only_creates bool, content_max bigint
-- out outcome: stored | too_large | faulty | no row: not_as_wanted, version int?, interview jsonb?, is_external_id_taken bool,
--     overfull_link text?, content_size bigint?
with checked as materialized (
    select (select count(*) from links.taken_names(:account_id, array[:interview_id], array[:external_id])) as taken
),
done as (
    select s.*
    from checked c
    cross join lateral links.store_interviews(:account_id, array[:interview_id], case when sharelink.after(c.taken) then array[:document] end,
                                              array[:external_id], array[:metadata], :only_replaces, :only_creates, :tags, :content_max) s
    where :is_sound and c.taken = 0
    order by s.overfull_link
    limit 1
)
select outcome, version,
       case when outcome = 'stored' then links.interview_json(:document, :interview_id, :external_id, :metadata, version, created_at, updated_at) end
           as interview,
       false as is_external_id_taken, overfull_link, content_size
from done
union all
select 'faulty', null, null, taken > 0, null, null from checked where not :is_sound or taken > 0
