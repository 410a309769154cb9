-- What the changes of links need: positions that are never given twice, why a reviewer was switched off, and reading what is
-- there now.

-- The highest position that a member of the link ever had: media references hold positions, so none may come to mean
-- another interview.
alter table links.share_links add column last_position int not null default 0;
update links.share_links l
set last_position = (select coalesce(max(m.position), 0) from links.share_link_interviews m where m.share_link_id = l.id);

alter table links.reviewers add column if not exists state_reason jsonb;

-- A statement sees what was committed when it began, which is before it waited for the link's row. These functions are
-- volatile, so they see what is committed when they are called, and what their own statement has changed by then. A
-- statement that has locked the link calls them, and what they say stays true until it commits. Bodies with select * are
-- text, which is read anew when a column is added.
create function links.members_now(of_share_link_id text) returns setof links.share_link_interviews
language sql volatile rows 20 as $$
    select * from links.share_link_interviews where share_link_id = of_share_link_id
$$;

create function links.memberships_now(of_account_id text, of_interview_id text) returns setof links.share_link_interviews
language sql volatile rows 20 as $$
    select * from links.share_link_interviews where account_id = of_account_id and interview_id = of_interview_id
$$;

create function links.reviewers_now(of_share_link_id text) returns setof links.reviewers
language sql volatile rows 20 as $$
    select * from links.reviewers where share_link_id = of_share_link_id
$$;

create function links.remove_members_now(of_share_link_ids text[], of_interview_ids text[])
returns setof links.share_link_interviews
language sql volatile rows 20 as $$
    delete from links.share_link_interviews
    where share_link_id = any (of_share_link_ids) and interview_id = any (of_interview_ids)
    returning *
$$;

create function links.share_link_now(of_share_link_id text) returns table (share_link json, version int)
language sql volatile rows 1
begin atomic
    select links.share_link_json(
               l,
               (select coalesce(json_agg(m.interview_id order by m.position), '[]') from links.share_link_interviews m where m.share_link_id = l.id),
               (select count(*)::int from links.share_link_interviews m where m.share_link_id = l.id),
               links.reviewers_json(l.id)),
           l.version
    from links.share_links l
    where l.id = of_share_link_id;
end;

create function links.reviewer_now(of_reviewer_id text) returns json
language sql volatile
begin atomic
    select links.reviewer_json(r, a, i)
    from links.reviewers r
    left join views.reviewer_activity a on a.reviewer_id = r.id
    left join lateral (
        select * from notifications.invitations n where n.reviewer_id = r.id order by n.id desc limit 1
    ) i on true
    where r.id = of_reviewer_id;
end;
