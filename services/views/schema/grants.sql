-- Who may do what with what the views service owns.

grant select, insert, update on views.visits, views.activity, views.link_activity, views.guesses, views.access_requests,
    views.reviews, views.review_revisions, views.watch, views.watched to sharelink_views;
grant delete on views.review_revisions to sharelink_views;
grant select on views.transcripts, views.logos to sharelink_views;
grant select, update on views.fetches to sharelink_views;
grant select on views.shown_interviews to sharelink_views;

grant select on views.reviewer_activity, views.published_reviews, views.share_link_activity, views.published_visits,
    views.reviewer_progress, views.published_access_requests,
    views.published_watch to sharelink_links;
grant select on views.reviewer_activity, views.published_reviews to sharelink_notifications;

revoke execute on function views.erase_feedback(text, text) from public;
grant execute on function views.erase_feedback(text, text) to sharelink_links;
revoke execute on function views.hold_notes(text, text, text[]) from public;
grant execute on function views.hold_notes(text, text, text[]) to sharelink_links;
revoke execute on function views.erase_notes(text[], text, text[]) from public;
grant execute on function views.erase_notes(text[], text, text[]) to sharelink_links;
revoke execute on function views.forget_guesses(int) from public;
grant execute on function views.forget_guesses(int) to sharelink_links;
revoke execute on function views.want_logo(text, text) from public;
grant execute on function views.want_logo(text, text) to sharelink_links;
grant select on views.wanted_logos, views.transcript_sizes to sharelink_links;
revoke execute on function views.store_transcript(bigint, text, int, jsonb, int, bigint) from public;
grant execute on function views.store_transcript(bigint, text, int, jsonb, int, bigint) to sharelink_views;
revoke execute on function views.store_logo(bigint, text, int, text, text, bytea) from public;
grant execute on function views.store_logo(bigint, text, int, text, text, bytea) to sharelink_views;
revoke execute on function views.follow_links() from public;
revoke execute on function views.follow_interviews() from public;
