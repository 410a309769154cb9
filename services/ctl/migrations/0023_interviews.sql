-- What the list of interviews filters and sorts by stands beside the document; and what erasing a candidate reaches.

-- The API takes times with an offset alone, so what they mean depends on no setting.
create function sharelink.time_of(rfc3339 text) returns timestamptz
language sql immutable strict as $$ select rfc3339::timestamptz $$;

alter table links.interviews
    add column type            text        generated always as (document ->> 'type') stored,
    add column job_id          text        collate "C" generated always as (document #>> '{job,id}') stored,
    add column completed_at    timestamptz generated always as (sharelink.time_of(document ->> 'completed_at')) stored,
    add column candidate_name  text        generated always as (
        (document #>> '{candidate,first_name}') || coalesce(' ' || nullif(document #>> '{candidate,last_name}', ''), '')) stored,
    add column candidate_email text        generated always as (document #>> '{candidate,email}') stored;

create index interviews_by_time on links.interviews (account_id, created_at, id);
create index interviews_by_completion on links.interviews (account_id, (coalesce(completed_at, '-infinity'::timestamptz)), id);
create index interviews_by_name on links.interviews (account_id, (lower(candidate_name) collate "C"), id);
create index interviews_by_job on links.interviews (account_id, job_id, created_at, id);
create index interviews_by_words on links.interviews using gin (account_id, candidate_name gin_trgm_ops, candidate_email gin_trgm_ops);

-- Ends an interview's memberships, those too that were committed while the statement waited for the interview's row.
create function links.end_memberships_now(of_account_id text, of_interview_id text) returns setof text
language sql volatile rows 20 as $$
    delete from links.share_link_interviews where account_id = of_account_id and interview_id = of_interview_id
    returning share_link_id
$$;

-- Published for the links service: mails that wait are not sent any more when they are about this interview, or invite to
-- a link that has nothing left to show. Mails in a sender's hands are on their way already.
create function notifications.drop_mails_of_candidate(of_account_id text, of_interview_id text, share_link_ids text[], emptied_ids text[])
returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
    dropped int;
begin
    update notifications.deliveries d
    set state = 'skipped', reason = 'candidate_erased'
    from (
        select w.id from notifications.deliveries w
        where w.account_id = of_account_id and w.share_link_id = any (share_link_ids) and w.state = 'pending' and w.channel = 'email'
          and (w.lease_until is null or w.lease_until < now())
          and (w.event_data ->> 'interview_id' = of_interview_id or (w.kind = 'invitation' and w.share_link_id = any (emptied_ids)))
        order by w.id
        for update skip locked
    ) waiting
    where d.id = waiting.id;
    get diagnostics dropped = row_count;
    return dropped;
end
$$;
revoke execute on function notifications.drop_mails_of_candidate(text, text, text[], text[]) from public;
grant execute on function notifications.drop_mails_of_candidate(text, text, text[], text[]) to sharelink_links;
