-- What a preview needs: the template's text and a link's real values, each null when it was not asked for or is not there. The
-- first reviewer stands for all of them.
-- in  account_id text, session_id text?, template_id text?, share_link_id text?
-- out template json?, link json?, has_link bool
select (select json_build_object('subject', t.subject, 'body', t.body)
        from links.email_templates t where t.account_id = :account_id and t.id = :template_id) as template,
       (select json_build_object(
                   'reviewer_name', c.reviewer_name,
                   'sender_name', c.owner_name,
                   'expires_at', notifications.local_time(c.expires_at, c.owner_time_zone),
                   'interview_count', c.interview_count::text,
                   'job_title', c.job_title,
                   'job_count', c.job_count,
                   'locale', c.reviewer_locale,
                   'account_locale', c.account_locale)
        from links.reviewers r join links.mail_contexts c on c.reviewer_id = r.id
        where r.account_id = :account_id and r.share_link_id = :share_link_id and console.session_reaches(:session_id, 'share_link', :share_link_id)
        order by r.position
        limit 1) as link,
       exists (select from links.share_links l where l.account_id = :account_id and l.id = :share_link_id
               and console.session_reaches(:session_id, 'share_link', l.id)) as has_link
