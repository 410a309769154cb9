-- The JSON that the links API answers with, made in one place. They take rows, not ids: a statement that has just inserted
-- a row cannot read it back from the table.

create function links.reviewer_json(reviewer links.reviewers, activity views.reviewer_activity, invitation notifications.invitations)
returns json
language sql stable
return json_build_object(
    'id', reviewer.id,
    'name', reviewer.name,
    'email', reviewer.email,
    'state', case when reviewer.deactivated_at is null then 'active' else 'deactivated' end,
    'invited_at', sharelink.rfc3339(invitation.sent_at),
    'invitation_state', coalesce(invitation.state, case when reviewer.invitation_requested_at is null then 'none' else 'pending' end),
    'first_opened_at', sharelink.rfc3339(activity.first_opened_at),
    'last_opened_at', sharelink.rfc3339(activity.last_opened_at),
    'open_count', coalesce(activity.open_count, 0),
    'reviewed_count', 0);

create function links.reviewers_json(of_share_link_id text) returns json
language sql stable
return (
    select coalesce(json_agg(links.reviewer_json(r, a, i) order by r.position), '[]')
    from links.reviewers r
    left join views.reviewer_activity a on a.reviewer_id = r.id
    left join lateral (
        select * from notifications.invitations n where n.reviewer_id = r.id order by n.id desc limit 1
    ) i on true
    where r.share_link_id = of_share_link_id
);

create function links.share_link_json(link links.share_links, interview_ids json, interview_count int, reviewers json)
returns json
language sql stable
return json_build_object(
    'id', link.id,
    'kind', link.kind,
    'title', link.title,
    'state', links.state_of(link.deactivated_at, link.expires_at),
    'state_reason', link.state_reason,
    'owner', json_build_object('name', link.owner_name, 'email', link.owner_email, 'time_zone', link.owner_time_zone),
    'settings', json_build_object(
        'abbreviate_names', link.abbreviate_names,
        'omit_avatars', link.omit_avatars,
        'exclude_full_profiles', link.exclude_full_profiles,
        'hide_skipped_questions', link.hide_skipped_questions,
        'disable_feedback', link.disable_feedback,
        'mask_questionnaire', link.mask_questionnaire),
    'send_email', link.send_email,
    'message', case when link.message_subject is null then null
                    else json_build_object('subject', link.message_subject, 'body', link.message_body) end,
    'template_id', link.template_id,
    'expires_at', sharelink.rfc3339(link.expires_at),
    'interview_count', interview_count,
    'interview_ids', interview_ids,
    'reviewers', reviewers,
    'version', link.version,
    'created_at', sharelink.rfc3339(link.created_at),
    'updated_at', sharelink.rfc3339(link.updated_at));
