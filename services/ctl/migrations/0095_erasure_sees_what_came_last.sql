-- Erasing a candidate waits for the interview's row. What was committed by then, by whoever made its basic link meanwhile, is
-- seen by statements of their own alone.

create function links.drop_basic_link_now(of_account_id text, of_interview_id text) returns setof text
language sql volatile rows 1 as $$
    delete from links.share_links where account_id = of_account_id and basic_of = of_interview_id returning id
$$;

create function sharelink.drop_answers_now(of_subject text) returns setof text
language sql volatile rows 1 as $$
    delete from sharelink.idempotent_answers where about = of_subject returning about
$$;
