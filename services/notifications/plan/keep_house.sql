-- Now and then: forgets marks of settled events that no stream can deliver again (and if one did, the deliveries' own unique
-- key still stops it); so many at a time. Marks that somebody else has are left for the next time, and those that PostgreSQL will
-- not delete: failed says how many.
-- in  forget_most int
-- out is_full bool, failed int
select gone = :forget_most as is_full, failed from notifications.forget_settled(:forget_most)
