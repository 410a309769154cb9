-- Where one of the media of a reviewer's page really is, for a session that may see it. The reference is made anew from each
-- of that one interview's media that the settings leave visible, so a hidden one is as unknown as a made-up one.
-- position is the interview's place in the link, with which the reference begins. Captions are answered as WebVTT, once they are there.
-- in   token_hash bytea, session_hash bytea?, position int, reference text
-- enum door from services/views/door.h: open | expired | deactivated | no_session | no row: unknown
-- out  door door, source text?, file_name text?, is_captions bool, webvtt text?
with door as (
    select d.*, views.door(d.state, v.id) as door
    from links.doors d
    left join views.visit_of_session(:session_hash, d.reviewer_id, d.passcode_epoch) v on true
    where d.token_hash = :token_hash
),
media as (
    select m.source, m.file_name, m.captions_of, i.interview_id, i.document
    from door d
    join links.shared_interviews i on i.share_link_id = d.share_link_id and i.position = :position
    cross join lateral (
        select 'avatar' as slot, i.document #>> '{candidate,avatar_url}' as source, null as file_name, null as captions_of
        where not d.omit_avatars
        union all
        select 'resume', i.document #>> '{candidate,resume,url}',
               case when d.abbreviate_names then 'resume.' || views.file_extension(i.document #>> '{candidate,resume,file_name}')
                    else i.document #>> '{candidate,resume,file_name}' end, null
        where not d.exclude_full_profiles
        union all
        select 'media:' || (q.question ->> 'id'), q.question #>> '{answer,media_url}', null, null
        from views.shown_questions(i.document, d.hide_skipped_questions) q
        union all
        select 'captions:' || (q.question ->> 'id'), coalesce(q.question #>> '{answer,captions_url}', ''), null, q.question ->> 'id'
        from views.shown_questions(i.document, d.hide_skipped_questions) q
        where views.has_captions(q.question -> 'answer')
    ) m
    where m.source is not null and views.media_ref(d.media_salt, i.position, m.slot) = :reference
)
select d.door, m.source, m.file_name, coalesce(m.captions_of is not null, false) as is_captions,
       (select views.webvtt(t.lines) from views.transcripts_of(d.account_id, m.interview_id, m.document) t where t.question_id = m.captions_of) as webvtt
from door d
left join media m on true
