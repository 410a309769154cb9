-- An image that an account has as its logo, or had. Whoever knows the digest may have it.
-- in  digest text
-- out content_type text, bytes text
select l.content_type, encode(l.bytes, 'hex') as bytes from views.logos l where l.digest = :digest limit 1
