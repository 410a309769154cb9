-- What is searched in a link, a row for each interview in its order, or one row where there is none to show: its texts, one a line, the
-- most telling first; the same folded, as prove_session.sql folds what is looked for (null: by making ASCII small, and by folds, which the
-- first row has); and of each line where it stands. What the link's settings hide is taken out by views.shown_interviews, and nothing else
-- is known here. It is the same for all reviewers of the link, whatever they do.
-- in   token_hash bytea
-- lane heavy
-- enum door from services/views/door.h: open | expired | deactivated | no row: unknown
-- out  door door, link_version text, interview_id text?, texts text?, folded text?, places text?, folds text?
with door as materialized (
    select d.token_hash, d.state, c.content_version as link_version
    from links.doors d
    join links.content_states c on c.share_link_id = d.share_link_id
    where d.token_hash = :token_hash
),
gathered as (
    select i.position, i.interview_id, views.as_lines(t.texts) as texts, t.places
    from door d
    cross join lateral (select s.* from views.shown_interviews s where s.token_hash = d.token_hash offset 0) i
    cross join lateral (
        select string_agg(replace(l.value, E'\x1F', ' '), E'\x1F') as texts,
               string_agg(concat(l.rank, ' ', l.start, ' ', l.question_id), E'\n') as places
        from (
            select s.*
            from views.searched_texts(i.display_name, i.job, i.questions, i.transcripts, i.profile, i.resume_name, i.questionnaire) s
            where s.value <> ''
            order by s.rank, s.number, s.line
        ) l
    ) t
)
select case when o.state = 'active' then 'open' else o.state end as door, o.link_version, o.interview_id, o.texts,
       views.folded_in_place(o.texts) as folded, o.places, case when row_number() over () = 1 then views.folds() end as folds
from (
    select d.state, d.link_version, g.interview_id, g.texts, g.places
    from door d
    left join gathered g on d.state = 'active'
    order by g.position
) o
