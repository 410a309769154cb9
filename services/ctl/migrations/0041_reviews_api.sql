-- A reviewer's reviewed_count in the links API: how many of the link's interviews have feedback of theirs. The function is
-- taken as it stands, so that whatever else it has learnt to say stays.
do $$
declare
    definition text;
begin
    select pg_get_functiondef(p.oid) into strict definition
    from pg_proc p
    where p.pronamespace = 'links'::regnamespace and p.proname = 'reviewer_json';
    if definition !~ $re$'reviewed_count'(::text)?, 0\M$re$ then
        raise exception 'links.reviewer_json counts no reviews that could be counted';
    end if;
    execute regexp_replace(definition, $re$'reviewed_count'(::text)?, 0\M$re$, $new$'reviewed_count', (
        select count(*)::int
        from views.published_reviews p
        join links.share_link_interviews m on m.share_link_id = p.share_link_id and m.interview_id = p.interview_id
        where p.reviewer_id = (reviewer).id)$new$);
end
$$;
