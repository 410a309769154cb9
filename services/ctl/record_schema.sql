-- Records a file, a migration or a whole schema as done. What is recorded with the same checksum already keeps its version.
-- in kind text, name text, checksum text, version text
insert into public.sharelink_schema as s (kind, name, checksum, version)
values (:kind, :name, :checksum, :version)
on conflict (kind, name) do update set checksum = excluded.checksum, version = excluded.version, applied_at = now()
where s.checksum <> excluded.checksum
