-- Links whose owner is to be warned of their expiry, so many hours before; but for those that wait by themselves.
-- in  expiry_warning_hours int, links_most int, waiting_ids text[]
-- out share_link_id text
select l as share_link_id
from notifications.links_to_warn(now(), :expiry_warning_hours, :links_most, :waiting_ids) l
