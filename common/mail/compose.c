/* compose.c - a mail's header lines and bodies, of what it says; what it may say is checked first (mail_check.c).
 *
 * Called by a sender thread; knows neither SMTP nor libcurl.
 */
#include "common/mail/compose.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/base/str.h"
#include "common/data/idn.h"
#include "common/mail/header_field.h"
#include "common/mail/mail_check.h"

#define HEADERS_OWN 8

static const char *const *write_headers(struct arena *arena, const struct mail *mail, const char *from_name, const char *from);
static const char *date_line(struct arena *arena, int64_t date_ms);
static const char *mailbox_line(struct arena *arena, const char *header, const char *name, const char *address);
static const char *text_line(struct arena *arena, const char *header, const char *text);
static const char *id_line(struct arena *arena, const char *header, const char *id);
static const char *further_line(struct arena *arena, const char *line);
static const char *with_crlf(struct arena *arena, const char *text);

const char *mail_compose(struct arena *arena, const char *sender, const struct mail *mail, struct mail_letter *letter)
{
    const char *name, *address;
    const char *fault = mail_check_sender(arena, sender, &name, &address);

    if (!fault) {
        fault = mail_check(arena, mail);
    }
    if (fault) {
        return fault;
    }
    struct mail wired = *mail;
    wired.to = idn_mail_address(arena, mail->to);
    wired.reply_to = mail->reply_to ? idn_mail_address(arena, mail->reply_to) : NULL;
    address = idn_mail_address(arena, address);
    *letter = (struct mail_letter){
        .from = address,
        .to = arena_strdup(arena, wired.to),
        .headers = write_headers(arena, &wired, mail->from_name ? mail->from_name : name, address),
        .text = with_crlf(arena, mail->text),
        .html = with_crlf(arena, mail->html),
    };
    return NULL;
}

/* --- headers --- */

static const char *const *write_headers(struct arena *arena, const struct mail *mail, const char *from_name, const char *from)
{
    size_t count = 0, further = 0;

    while (mail->headers && mail->headers[further]) {
        further++;
    }
    const char **lines = arena_calloc(arena, HEADERS_OWN + further + 1, sizeof *lines);
    lines[count++] = date_line(arena, mail->date_ms);
    lines[count++] = id_line(arena, "Message-ID", mail->message_id);
    lines[count++] = mailbox_line(arena, "From", from_name, from);
    lines[count++] = mailbox_line(arena, "To", mail->to_name, mail->to);
    if (mail->reply_to) {
        lines[count++] = mailbox_line(arena, "Reply-To", NULL, mail->reply_to);
    }
    lines[count++] = text_line(arena, "Subject", mail->subject);
    if (mail->references) {
        lines[count++] = id_line(arena, "In-Reply-To", mail->references);
        lines[count++] = id_line(arena, "References", mail->references);
    }
    for (size_t i = 0; i < further; i++) {
        lines[count++] = further_line(arena, mail->headers[i]);
    }
    return lines;
}

static const char *date_line(struct arena *arena, int64_t date_ms)
{
    char date[CLOCK_RFC5322_SIZE];

    clock_rfc5322(date, date_ms);
    return arena_printf(arena, "Date: %s", date);
}

static const char *mailbox_line(struct arena *arena, const char *header, const char *name, const char *address)
{
    struct header_field field = { 0 };

    header_field_begin(&field, header, strlen(header));
    if (!name || !*name) {
        header_field_add_word(&field, address, strlen(address));
        return header_field_end(&field, arena);
    }
    header_field_add_phrase(&field, name);
    const char *framed = arena_printf(arena, "<%s>", address);
    header_field_add_word(&field, framed, strlen(framed));
    return header_field_end(&field, arena);
}

static const char *text_line(struct arena *arena, const char *header, const char *text)
{
    struct header_field field = { 0 };

    header_field_begin(&field, header, strlen(header));
    header_field_add_text(&field, text);
    return header_field_end(&field, arena);
}

static const char *id_line(struct arena *arena, const char *header, const char *id)
{
    return arena_printf(arena, "%s: <%s>", header, id);
}

/* Structured, for all we know, as long as it is ASCII: then only folded, where it has blanks. */
static const char *further_line(struct arena *arena, const char *line)
{
    struct header_field field = { 0 };
    size_t name_length = strcspn(line, ":");
    const char *value = line + name_length + 1;

    value += strspn(value, " ");
    header_field_begin(&field, line, name_length);
    if (header_has_non_ascii(value)) {
        header_field_add_encoded(&field, value);
    } else {
        header_field_add_words(&field, value);
    }
    return header_field_end(&field, arena);
}

/* --- bodies --- */

/* Any of CR, LF and CRLF ends a line: a bare one on the wire could end the mail for a lax server. */
static const char *with_crlf(struct arena *arena, const char *text)
{
    if (!text) {
        return NULL;
    }
    char *copy = arena_alloc(arena, 2 * strlen(text) + 1), *to = copy;
    for (; *text; text++) {
        if (*text != '\r' && *text != '\n') {
            *to++ = *text;
            continue;
        }
        *to++ = '\r';
        *to++ = '\n';
        text += text[0] == '\r' && text[1] == '\n';
    }
    *to = '\0';
    return copy;
}
