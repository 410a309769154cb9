-- What a preview needs: the template's text, a link's real values, and those of a link that is yet to be made of these interviews, each null
-- when it was not asked for or is not there; and when what was given for it ends. The first reviewer stands for all of them.
-- in  account_id text, session_id text?, template_id text?, share_link_id text?, interview_ids text[], is_expiry_given bool, expires_at timestamptz?,
--     expires_in_s bigint?, time_zone text?
-- out template json?, link json?, has_link bool, draft json?, expires_at text?, unknown_interviews json?
with sent as materialized (
    select s.place, i.id, i.document #>> '{job,title}' as job_title, i.job_id
    from unnest(:interview_ids) with ordinality s (id, place)
    left join links.interviews i on i.account_id = :account_id and i.id = s.id and console.session_reaches(:session_id, 'interview', i.id)
),
link as materialized (
    select c.* from links.reviewers r join links.mail_contexts c on c.reviewer_id = r.id
    where r.account_id = :account_id and r.share_link_id = :share_link_id
      and console.session_reaches(:session_id, 'share_link', :share_link_id)
    order by r.position
    limit 1
)
select (select json_build_object('subject', t.subject, 'body', t.body)
        from links.email_templates t where t.account_id = :account_id and t.id = :template_id) as template,
       (select json_build_object(
                   'reviewer_name', c.reviewer_name,
                   'sender_name', c.owner_name,
                   'expires_at', notifications.local_time(c.expires_at, coalesce(:time_zone, c.owner_time_zone)),
                   'interview_count', c.interview_count::text,
                   'job_title', c.job_title,
                   'job_count', c.job_count,
                   'locale', c.reviewer_locale,
                   'account_locale', c.account_locale)
        from link c) as link,
       exists (select from links.share_links l where l.account_id = :account_id and l.id = :share_link_id
               and console.session_reaches(:session_id, 'share_link', l.id)) as has_link,
       (select json_build_object(
                   'sender_name', coalesce(a.default_sender_name, a.name),
                   'expires_at', notifications.local_time(links.expiry(false, null, null, a), coalesce(:time_zone, 'UTC')),
                   'interview_count', s.many::text,
                   'job_title', s.job_title,
                   'job_count', s.job_count,
                   'account_locale', a.locale)
        from links.accounts a
        cross join (select count(*) as many, count(distinct job_id) as job_count, (array_agg(job_title order by place))[1] as job_title from sent) s
        where a.id = :account_id and s.many > 0) as draft,
       case when :is_expiry_given then
           notifications.local_time(coalesce(:expires_at, now() + :expires_in_s * interval '1 second'),
                                    coalesce(:time_zone, (select c.owner_time_zone from link c), 'UTC')) end as expires_at,
       (select json_agg(s.place - 1 order by s.place) from sent s where s.id is null) as unknown_interviews
