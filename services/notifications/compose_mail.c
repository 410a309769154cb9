/* compose_mail.c - the mails, by kind: a table from the kind to the function that writes it.
 *
 * An invitation goes to a reviewer and never names the link's title or the other reviewers. A notice goes to the link's
 * owner. Each says the same in text and in HTML; the HTML is plain tables with inline styles, which all mail programs show.
 */
#include "services/notifications/compose_mail.h"

#include <string.h>

#include "common/clock.h"
#include "common/markdown.h"
#include "common/reviewer_secrets.h"
#include "common/str.h"

static const char *write_invitation(struct arena *arena, const struct daemon *daemon, const json_t *context, struct mail *mail);
static const char *write_opened(struct arena *arena, const struct daemon *daemon, const json_t *context, struct mail *mail);

static const struct {
    const char *kind;
    const char *(*write)(struct arena *arena, const struct daemon *daemon, const json_t *context, struct mail *mail);
} kinds[] = {
    { "invitation", write_invitation },
    { "opened", write_opened },
};

static const char *domain_of(struct arena *arena, const char *mail_from);
static const struct placeholder *placeholders_of(struct arena *arena, const json_t *context, const char *url, const char *passcode);
static const char *first_name(struct arena *arena, const char *name);
static void add_frame_start(struct buf *html);
static void add_frame_end(struct buf *html, const char *footer);
static char *keep(struct arena *arena, struct buf *buf);

static const char *text_of(const json_t *context, const char *name)
{
    const char *text = json_string_value(json_object_get(context, name));

    return text ? text : "";
}

const char *compose_mail(struct arena *arena, const struct daemon *daemon, const struct notifications_settings *settings,
                         const json_t *context, struct mail *mail)
{
    static const char *const headers[] = { "Auto-Submitted: auto-generated", NULL };
    const char *domain = domain_of(arena, settings->mail_from);

    *mail = (struct mail){
        .to = arena_strdup(arena, text_of(context, "recipient")),
        .message_id = arena_printf(arena, "%s@%s", text_of(context, "delivery_id"), domain),
        .references = arena_printf(arena, "%s@%s", text_of(context, "share_link_id"), domain),
        .headers = headers,
        .date_ms = clock_wall_ms(),
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (str_equal(kinds[i].kind, text_of(context, "kind"))) {
            return kinds[i].write(arena, daemon, context, mail);
        }
    }
    return "a mail of this kind is not known";
}

static const char *domain_of(struct arena *arena, const char *mail_from)
{
    char *domain = arena_strdup(arena, strrchr(mail_from, '@') + 1);

    domain[strcspn(domain, "> ")] = '\0';
    return domain;
}

static const char *write_invitation(struct arena *arena, const struct daemon *daemon, const json_t *context, struct mail *mail)
{
    static const char default_subject[] = "{{sender_name}} shared interviews with you";
    static const char default_body[] = "Hello {{reviewer_first_name}},\n\n"
                                       "{{sender_name}} would like your view of some candidates for {{job_title}}. "
                                       "You can watch their interviews in your own time.";
    struct reviewer_secrets secrets;
    if (!reviewer_secrets_open(daemon->keyring, arena, text_of(context, "reviewer_id"), text_of(context, "sealed"), &secrets)) {
        return "the reviewer's sealed link does not open with the keys of this daemon";
    }
    const char *url = reviewer_secrets_url(&secrets, arena, daemon->settings->public_url);
    const char *passcode = arena_strdup(arena, secrets.passcode);
    const struct placeholder *values = placeholders_of(arena, context, url, passcode);
    const char *subject = *text_of(context, "message_subject") ? text_of(context, "message_subject") : default_subject;
    const char *body = *text_of(context, "message_body") ? text_of(context, "message_body") : default_body;
    const char *expires_at = text_of(context, "expires_at");
    bool one = json_integer_value(json_object_get(context, "interview_count")) == 1;

    struct buf text = { 0 }, html = { 0 };
    buf_add_text(&text, markdown_text(arena, body, values));
    buf_printf(&text, "\n\nView the %s: %s\n", one ? "candidate" : "candidates", url);
    buf_printf(&text, "Passcode: %s\n", passcode);
    if (*expires_at) {
        buf_printf(&text, "The link works until %s.\n", expires_at);
    }
    buf_add_text(&text, "\nThe link is yours alone: please do not pass it on.\n");

    add_frame_start(&html);
    buf_add_text(&html, markdown_html(arena, body, values));
    buf_add_text(&html, "<p style=\"margin:28px 0\"><a href=\"");
    buf_add_html(&html, url);
    buf_printf(&html, "\" style=\"background:#0b5cad;color:#ffffff;padding:12px 22px;border-radius:6px;text-decoration:none;"
                      "font-weight:bold;display:inline-block\">View the %s</a></p>", one ? "candidate" : "candidates");
    buf_add_text(&html, "<p>Passcode: <strong style=\"font-family:Consolas,monospace\">");
    buf_add_html(&html, passcode);
    buf_add_text(&html, "</strong></p>");
    if (*expires_at) {
        buf_add_text(&html, "<p>The link works until ");
        buf_add_html(&html, expires_at);
        buf_add_text(&html, ".</p>");
    }
    add_frame_end(&html, "The link is yours alone: please do not pass it on.");

    mail->from_name = arena_printf(arena, "%s via Sharelink", text_of(context, "owner_name"));
    mail->reply_to = arena_strdup(arena, text_of(context, "owner_email"));
    mail->to_name = arena_strdup(arena, text_of(context, "reviewer_name"));
    mail->subject = markdown_text(arena, subject, values);
    mail->text = keep(arena, &text);
    mail->html = keep(arena, &html);
    return NULL;
}

static const struct placeholder *placeholders_of(struct arena *arena, const json_t *context, const char *url, const char *passcode)
{
    const char *expires_at = text_of(context, "expires_at"), *job_title = text_of(context, "job_title");
    const struct placeholder values[] = {
        { "reviewer_name", text_of(context, "reviewer_name") },
        { "reviewer_first_name", first_name(arena, text_of(context, "reviewer_name")) },
        { "sender_name", text_of(context, "owner_name") },
        { "link_url", url },
        { "passcode", passcode },
        { "expires_at", *expires_at ? expires_at : "never" },
        { "interview_count", arena_printf(arena, "%lld", (long long)json_integer_value(json_object_get(context, "interview_count"))) },
        { "job_title", *job_title ? job_title : "an open position" },
        { NULL, NULL },
    };

    struct placeholder *kept = arena_alloc(arena, sizeof values);
    memcpy(kept, values, sizeof values);
    return kept;
}

static const char *first_name(struct arena *arena, const char *name)
{
    return arena_strndup(arena, name, strcspn(name, " "));
}

static const char *write_opened(struct arena *arena, const struct daemon *daemon, const json_t *context, struct mail *mail)
{
    const char *reviewer = text_of(context, "reviewer_name"), *title = text_of(context, "title");
    const char *again = json_is_true(json_object_get(context, "first")) ? "for the first time" : "again";
    const char *when = text_of(context, "happened_at");
    struct buf text = { 0 }, html = { 0 };
    (void)daemon;

    buf_printf(&text, "Hello %s,\n\n%s opened your share link \"%s\" %s.\n\nWhen: %s\n", first_name(arena, text_of(context, "owner_name")),
               reviewer, title, again, when);
    add_frame_start(&html);
    buf_add_text(&html, "<p>Hello ");
    buf_add_html(&html, first_name(arena, text_of(context, "owner_name")));
    buf_add_text(&html, ",</p><p><strong>");
    buf_add_html(&html, reviewer);
    buf_add_text(&html, "</strong> opened your share link &quot;");
    buf_add_html(&html, title);
    buf_printf(&html, "&quot; %s.</p><p>When: ", again);
    buf_add_html(&html, when);
    buf_add_text(&html, "</p>");
    add_frame_end(&html, "You get this mail because you shared these interviews.");

    mail->to_name = arena_strdup(arena, text_of(context, "owner_name"));
    mail->reply_to = *text_of(context, "reviewer_email") ? arena_strdup(arena, text_of(context, "reviewer_email")) : NULL;
    mail->subject = arena_printf(arena, "%s opened \"%s\"", reviewer, title);
    mail->text = keep(arena, &text);
    mail->html = keep(arena, &html);
    return NULL;
}

static void add_frame_start(struct buf *html)
{
    buf_add_text(html, "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"></head>"
                       "<body style=\"margin:0;background:#f4f5f7\">"
                       "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\"><tr><td align=\"center\">"
                       "<table role=\"presentation\" width=\"560\" cellpadding=\"0\" cellspacing=\"0\" style=\"max-width:560px;width:100%\">"
                       "<tr><td style=\"background:#ffffff;padding:28px;font:16px/1.5 Arial,Helvetica,sans-serif;color:#1c2430\">");
}

static void add_frame_end(struct buf *html, const char *footer)
{
    buf_add_text(html, "<p style=\"font-size:13px;color:#5b6470\">");
    buf_add_html(html, footer);
    buf_add_text(html, "</p></td></tr></table></td></tr></table></body></html>\n");
}

static char *keep(struct arena *arena, struct buf *buf)
{
    char *text = arena_strndup(arena, buf->data, buf->length);

    buf_clear(buf);
    return text;
}
