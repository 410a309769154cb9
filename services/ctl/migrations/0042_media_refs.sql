-- A page of 500 interviews makes thousands of media references. Said to be stable, as the conversion inside it is, the function
-- can be put into the statement itself; called, it cost most of the page's time.
create or replace function views.media_ref(salt bytea, place int, slot text) returns text
language sql stable
return place || '-' || left(encode(sha256(salt || convert_to(place || ' ' || slot, 'UTF8')), 'hex'), 32);
