-- The log's partitions that a new database begins with. The notifications service's sweep makes those of the months to come.
select events.make_partitions(3);
