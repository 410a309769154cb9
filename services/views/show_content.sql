-- A reviewer's shortlist, with everything taken out here that the link's settings hide: what this statement leaves out is
-- nowhere in the reply. A session is good for its own reviewer, for 12 hours, until the passcode changes; whether the link
-- still is active is read in this same statement.
-- $1 the token's hash, $2 the session's hash, $3 the path that media references hang under.
with door as (
    select d.*, v.id as visit_id
    from links.doors d
    left join views.visits v on v.session_hash = $2 and v.reviewer_id = d.reviewer_id and v.passcode_epoch = d.passcode_epoch
                            and v.opened_at > now() - interval '12 hours'
    where d.token_hash = $1
),
seen as (
    update views.visits v set last_seen_at = now()
    from door
    where v.id = door.visit_id and door.state = 'active' and v.last_seen_at < now() - interval '1 minute'
),
shown as (
    select i.position, json_build_object(
        'id', i.interview_id,
        'type', i.document -> 'type',
        'job', i.document -> 'job',
        'completed_at', i.document -> 'completed_at',
        'candidate', json_build_object(
            'display_name', case when d.abbreviate_names then i.document #>> '{candidate,first_name}'
                                 else concat_ws(' ', i.document #>> '{candidate,first_name}', nullif(i.document #>> '{candidate,last_name}', '')) end,
            'avatar_url', case when not d.omit_avatars and i.document #>> '{candidate,avatar_url}' is not null
                               then $3 || views.media_ref(d.media_salt, i.position, 'avatar') end,
            'profile', case when not d.exclude_full_profiles then i.document #> '{candidate,profile}' end,
            'resume', case when not d.exclude_full_profiles and i.document #>> '{candidate,resume,url}' is not null
                           then json_build_object(
                                    'file_name', case when d.abbreviate_names
                                                      then 'resume.' || views.file_extension(i.document #>> '{candidate,resume,file_name}')
                                                      else i.document #>> '{candidate,resume,file_name}' end,
                                    'url', $3 || views.media_ref(d.media_salt, i.position, 'resume')) end),
        'questions', (
            select coalesce(json_agg(json_build_object(
                       'id', q.value -> 'id',
                       'text', q.value -> 'text',
                       'skipped', q.value -> 'skipped',
                       'answer', case when jsonb_typeof(q.value -> 'answer') = 'object' then json_build_object(
                           'kind', q.value #> '{answer,kind}',
                           'media_url', case when q.value #>> '{answer,media_url}' is not null
                                             then $3 || views.media_ref(d.media_salt, i.position, 'media:' || (q.value ->> 'id')) end,
                           'captions_url', case when q.value #>> '{answer,captions_url}' is not null
                                                then $3 || views.media_ref(d.media_salt, i.position, 'captions:' || (q.value ->> 'id')) end,
                           'duration_seconds', q.value #> '{answer,duration_seconds}',
                           'text', q.value #> '{answer,text}') end)
                       order by q.place), '[]')
            from jsonb_array_elements(i.document -> 'questions') with ordinality as q (value, place)
            where not (d.hide_skipped_questions and coalesce((q.value ->> 'skipped')::boolean, false))),
        'questionnaire', case when not d.mask_questionnaire then i.document -> 'questionnaire' end) as interview
    from door d
    join links.shared_interviews i on i.share_link_id = d.share_link_id
    where d.state = 'active' and d.visit_id is not null
)
select d.state, d.visit_id is not null as has_session,
       case when d.state = 'active' and d.visit_id is not null then json_build_object(
           'settings', json_build_object(
               'abbreviate_names', d.abbreviate_names,
               'omit_avatars', d.omit_avatars,
               'exclude_full_profiles', d.exclude_full_profiles,
               'hide_skipped_questions', d.hide_skipped_questions,
               'disable_feedback', d.disable_feedback,
               'mask_questionnaire', d.mask_questionnaire),
           'sender_name', d.sender_name,
           'expires_at', sharelink.rfc3339(d.expires_at),
           'interviews', (select coalesce(json_agg(s.interview order by s.position), '[]') from shown s),
           'total', (select count(*) from shown)) end as content
from door d
