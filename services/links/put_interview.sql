-- Creates an interview or replaces its document: links.store_interviews. only_replaces: there must be one already, of one of these
-- versions unless tags is null. only_creates: there must be none yet. Nothing is stored when the pages of a link that has the interview
-- would become too large.
-- in  account_id text, interview_id text, document jsonb, only_replaces bool, tags text?, only_creates bool, content_max bigint
-- out outcome: stored | too_large | no row: not_as_wanted, version int?, interview jsonb?, overfull_link text?, content_size bigint?
select outcome, (interview).version,
       (interview).document || jsonb_build_object(
           'id', (interview).id, 'version', (interview).version,
           'created_at', sharelink.rfc3339((interview).created_at), 'updated_at', sharelink.rfc3339((interview).updated_at)) as interview,
       overfull_link, content_size
from links.store_interviews(:account_id, array[:interview_id], array[:document], :only_replaces, :only_creates, :tags, :content_max)
order by overfull_link
limit 1
