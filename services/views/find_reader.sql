-- In which language whoever a link was made for reads, however it stands with the link.
-- in  token_hash bytea
-- out reviewer_locale text?, account_locale text?
select d.reviewer_locale, d.account_locale from links.doors d where d.token_hash = :token_hash
