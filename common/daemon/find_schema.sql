-- Whether the database has the schema that a build was made with, or one of a later release.
-- in  digest text, version text
-- out has_schema bool
select sharelink.has_schema(:digest, :version) as has_schema
