-- What is searched in a link, a row for each interview in its order, or one row where there is none to show: its texts, one a line, the
-- most telling first; the same folded, as prove_session.sql folds what is looked for (null: by making ASCII small); and of each line
-- where it stands. What the link's settings hide is taken out by views.shown_interviews, and nothing else is known here. It is the same for
-- all reviewers of the link, whatever they do.
-- in   token_hash bytea
-- lane heavy
-- enum door from services/views/door.h: open | expired | deactivated | no row: unknown
-- out  door door, link_version text, interview_id text?, texts text?, folded text?, places text?
with door as materialized (
    select d.token_hash, d.state, c.content_version as link_version
    from links.doors d
    join links.content_states c on c.share_link_id = d.share_link_id
    where d.token_hash = :token_hash
),
gathered as (
    select i.position, i.interview_id, t.texts, t.places
    from door d
    cross join lateral (select s.* from views.shown_interviews s where s.token_hash = d.token_hash offset 0) i
    cross join lateral (
        select string_agg(v.line, E'\n' order by s.rank, s.number, s.line) as texts,
               string_agg(concat(s.rank, ' ', s.start, ' ', s.question_id), E'\n' order by s.rank, s.number, s.line) as places
        from views.searched_texts(i.display_name, i.job, i.questions, i.transcripts, i.profile, i.resume_name, i.questionnaire) s
        -- What is or becomes a blank is one here; U+00A0 and the like become one when they are folded.
        cross join lateral (
            select translate(s.value, U&'\000A\000D\0009\00A0\1680\2000\2001\2002\2003\2004\2005\2006\2007\2008\2009\200A\202F\205F\3000', repeat(' ', 19)) as line
        ) v
        where s.value <> ''
    ) t
)
select case when d.state = 'active' then 'open' else d.state end as door, d.link_version, g.interview_id, g.texts,
       views.folded_in_place(g.texts) as folded, g.places
from door d
left join gathered g on d.state = 'active'
order by g.position
