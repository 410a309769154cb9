-- The days of a link up to today, as its owner's clock has them: how often it was opened, and how much feedback was given, on each.
-- in  account_id text, share_link_id text, days int
-- out activity json
with link as (
    select l.id, l.account_id, l.owner_time_zone as zone, (now() at time zone l.owner_time_zone)::date as today
    from links.share_links l
    where l.account_id = :account_id and l.id = :share_link_id
),
opened as materialized (
    select (v.opened_at at time zone l.zone)::date as date, count(*) as many
    from link l
    join views.published_visits v on v.share_link_id = l.id and v.opened_at >= ((l.today - :days + 1)::timestamp at time zone l.zone)
    group by 1
),
reviewed as materialized (
    select (r.created_at at time zone l.zone)::date as date, count(*) as many
    from link l
    join views.published_reviews r on r.account_id = l.account_id and r.share_link_id = l.id
         and r.created_at >= ((l.today - :days + 1)::timestamp at time zone l.zone)
    group by 1
)
select json_build_object(
           'time_zone', l.zone,
           'days', (select json_agg(row_to_json(d) order by d.date)
                    from (select l.today - back as date, coalesce(o.many, 0) as opens, coalesce(r.many, 0) as reviews
                          from generate_series(0, :days - 1) back
                          left join opened o on o.date = l.today - back
                          left join reviewed r on r.date = l.today - back) d)) as activity
from link l
