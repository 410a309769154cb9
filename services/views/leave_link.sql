-- Ends a session. Its visit stays, under a hash that no cookie has.
-- in  token_hash bytea, session_hash bytea?
-- out outcome: left | no row: unknown
with door as materialized (
    select reviewer_id from links.doors where token_hash = :token_hash
),
ended as (
    update views.visits v set session_hash = sha256(convert_to(v.id || gen_random_uuid(), 'UTF8'))
    from door d
    where v.session_hash = :session_hash and v.reviewer_id = d.reviewer_id
)
select 'left' as outcome from door d
