-- Counts of mails whose hour is over, so many at most.
-- in  most int
-- out forgotten int
with gone as (
    delete from links.mail_requests
    where ctid = any (array(
        select ctid from links.mail_requests where since <= now() - interval '1 hour'
        order by since limit :most
        for update skip locked))
    returning 1
)
select count(*)::int as forgotten from gone
