-- Ends a session. Its visit stays, under a hash that no cookie has. $1 the token's hash, $2 the session's hash.
with door as materialized (
    select reviewer_id from links.doors where token_hash = $1
),
ended as (
    update views.visits v set session_hash = sha256(convert_to(v.id || gen_random_uuid(), 'UTF8'))
    from door d
    where v.session_hash = $2 and v.reviewer_id = d.reviewer_id
)
select d.reviewer_id from door d
