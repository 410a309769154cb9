-- Entries of streams and events of the log that could not be understood or handled, the oldest first.
-- in  most int
-- out stream text, entry_id text, event_id text, fault text, created_at text
select coalesce(stream, 'log') as stream, coalesce(entry_id, '') as entry_id, coalesce(event_id, '') as event_id, fault,
       sharelink.rfc3339(created_at) as created_at
from notifications.dead_entries
order by id
limit :most
