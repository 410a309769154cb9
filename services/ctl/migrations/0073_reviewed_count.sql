-- reviewed_count comes with a reviewer's activity. A subquery in links.reviewer_json, or in what it is given, would keep
-- PostgreSQL from inlining it, and a page of links calls it a hundred times.

create or replace view views.reviewer_activity as
select a.reviewer_id, a.share_link_id, a.first_opened_at, a.last_opened_at, a.open_count, w.reviewed_count
from views.activity a
cross join lateral (
    select count(*)::int as reviewed_count
    from views.published_reviews p
    join links.share_link_interviews m on m.share_link_id = p.share_link_id and m.interview_id = p.interview_id
    where p.reviewer_id = a.reviewer_id
) w;

-- A reviewer as the API shows one, and why the link of one who is off is off. Nobody reviews who has not opened.
create or replace function links.reviewer_json(reviewer links.reviewers, activity views.reviewer_activity, invitation notifications.invitations)
returns json
language sql stable as $$
    select json_build_object(
        'id', reviewer.id,
        'name', reviewer.name,
        'email', reviewer.email,
        'state', case when reviewer.deactivated_at is null then 'active' else 'deactivated' end,
        'state_reason', reviewer.state_reason,
        'invited_at', sharelink.rfc3339(invitation.sent_at),
        'invitation_state', coalesce(invitation.state, case when reviewer.invitation_requested_at is null then 'none' else 'pending' end),
        'first_opened_at', sharelink.rfc3339(activity.first_opened_at),
        'last_opened_at', sharelink.rfc3339(activity.last_opened_at),
        'open_count', coalesce(activity.open_count, 0),
        'reviewed_count', coalesce(activity.reviewed_count, 0))
$$;

-- The same as before, compiled against the view as it is now.
create or replace function links.reviewers_json(of_share_link_id text) returns json
language sql stable as $$
    select coalesce(json_agg(links.reviewer_json(r, a, i) order by r.position), '[]')
    from links.reviewers r
    left join views.reviewer_activity a on a.reviewer_id = r.id
    left join lateral (
        select * from notifications.invitations n where n.reviewer_id = r.id order by n.id desc limit 1
    ) i on true
    where r.share_link_id = of_share_link_id
$$;

create or replace function links.reviewer_now(of_reviewer_id text) returns json
language sql volatile as $$
    select links.reviewer_json(r, a, i)
    from links.reviewers r
    left join views.reviewer_activity a on a.reviewer_id = r.id
    left join lateral (
        select * from notifications.invitations n where n.reviewer_id = r.id order by n.id desc limit 1
    ) i on true
    where r.id = of_reviewer_id
$$;
