-- The log's partitions for the months to come; long before they are needed, so that it may fail.
-- out made int, faults text?
select made, faults from events.make_partitions(3)
