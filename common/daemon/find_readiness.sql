-- Whether the database takes writes: a standby, and one that was set to read only, answer and can do none of the work.
-- out is_writable bool
select current_setting('transaction_read_only') = 'off' as is_writable
