-- What a preview needs: the template's text ($2) and a link's real values ($3), each null when it was not asked for or is
-- not there. The first reviewer stands for all of them.
select (select json_build_object('subject', t.subject, 'body', t.body)
        from links.email_templates t where t.account_id = $1 and t.id = $2) as template,
       (select json_build_object(
                   'reviewer_name', c.reviewer_name,
                   'sender_name', c.owner_name,
                   'expires_at', notifications.local_time(c.expires_at, c.owner_time_zone),
                   'interview_count', c.interview_count::text,
                   'job_title', c.job_title)
        from links.reviewers r join links.mail_contexts c on c.reviewer_id = r.id
        where r.account_id = $1 and r.share_link_id = $3
        order by r.position
        limit 1) as link,
       exists (select from links.share_links l where l.account_id = $1 and l.id = $3) as has_link
