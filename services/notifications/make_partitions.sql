-- The log's partitions for the months to come; long before they are needed, so that it may fail.
select events.ensure_partitions(3) as made
