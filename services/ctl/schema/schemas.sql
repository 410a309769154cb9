-- One schema for each owner, and the extensions that their indexes stand on.

create schema sharelink;
create schema events;
create schema links;
create schema views;
create schema notifications;
create schema console;

create extension if not exists pg_trgm;
create extension if not exists btree_gin;
