-- Basic links: one interview, one URL, nobody in particular behind it. The URL belongs to one technical reviewer without an
-- address, so that to the views service it is a link like any other.

-- The interview that a basic link is of; with it the link goes.
alter table links.share_links add column basic_of text collate "C";
alter table links.share_links add check ((kind = 'basic') = (basic_of is not null));
alter table links.share_links add foreign key (account_id, basic_of) references links.interviews (account_id, id) on delete cascade;
create unique index share_links_basic_of on links.share_links (account_id, basic_of) where basic_of is not null;

alter table links.reviewers alter column email drop not null;
alter table links.share_links alter column owner_email drop not null;

-- Volatile, so that a statement which had to wait for the interview's row sees the link that was made meanwhile.
create function links.basic_link_now(of_account_id text, of_interview_id text) returns setof links.share_links
language sql volatile rows 1 as $$
    select * from links.share_links where account_id = of_account_id and basic_of = of_interview_id
$$;

-- Why a mail of this kind must not go out now; null when it may.
create or replace function notifications.skip_reason(kind text, context links.mail_contexts) returns text
language sql immutable
return case when context.reviewer_id is null then 'reviewer_removed'
            when kind = 'invitation' and context.reviewer_email is null then 'no_address'
            when kind <> 'invitation' and context.owner_email is null then 'no_address'
            when kind = 'invitation' and context.state <> 'active' then 'link_' || context.state end;
