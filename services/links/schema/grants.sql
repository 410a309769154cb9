-- Who may do what with what the links service owns.

grant select on links.accounts to sharelink_links;
grant update (name, default_settings, default_expires_value, default_expires_unit, default_sender_name, brand_name,
              brand_accent, brand_logo_url, brand_logo, locale, console_url, console_origins, version, updated_at)
    on links.accounts to sharelink_links;
grant select, insert, update, delete on links.interviews, links.email_templates, links.share_links,
    links.share_link_interviews, links.reviewers, links.mail_requests to sharelink_links;
grant select on links.mail_contexts, links.reviewer_documents, links.share_link_documents, links.link_attention,
    links.share_link_summaries to sharelink_links;

grant select on links.doors, links.shared_interviews, links.content_states to sharelink_views;
grant select on links.mail_contexts, links.mail_links, links.mail_reviewers, links.mail_interviews, links.mail_questions, links.mail_people, links.mail_accounts,
    links.webhook_links
    to sharelink_notifications;

revoke execute on function links.live_api_key(text) from public;
grant execute on function links.live_api_key(text) to sharelink_links, sharelink_notifications, sharelink_console;
revoke execute on function links.owner_has(text, text, text, text) from public;
revoke execute on function links.interviews_of_owner(text, text) from public;
revoke execute on function links.console_account(text, text[], text) from public;
grant execute on function links.console_account(text, text[], text) to sharelink_console;
revoke execute on function links.switch_off_reviewer(text, jsonb) from public;
grant execute on function links.switch_off_reviewer(text, jsonb) to sharelink_views;
revoke execute on function links.hold_interviews(text, text[]) from public;
grant execute on function links.hold_interviews(text, text[]) to sharelink_links, sharelink_views;
revoke execute on function links.hold_document(text, text) from public;
grant execute on function links.hold_document(text, text) to sharelink_views;
revoke execute on function links.note_document_change(text) from public;
grant execute on function links.note_document_change(text) to sharelink_views;
revoke execute on function links.has_room(text, text, bigint, bigint) from public;
grant execute on function links.has_room(text, text, bigint, bigint) to sharelink_views;
revoke execute on function links.set_logo(text, text, text) from public;
grant execute on function links.set_logo(text, text, text) to sharelink_views;
revoke execute on function links.take_access_request(text, int) from public;
grant execute on function links.take_access_request(text, int) to sharelink_views;
revoke execute on function links.count_document_change() from public;
