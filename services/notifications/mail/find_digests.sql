-- People who have a digest due, each as 'account address'; but for those that wait by themselves.
-- in  people_most int, waiting text[]
-- out person text
select d.account_id || ' ' || d.address as person
from notifications.due_digests(now(), :people_most, :waiting) d
