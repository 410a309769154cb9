/* mail_check.c - see the header. */
#include "common/mail/mail_check.h"

#include <string.h>
#include <strings.h>

#include "common/base/config.h"
#include "common/base/str.h"
#include "common/data/idn.h"
#include "common/mail/header_field.h"

enum {
    ADDRESS_MAX = 254, /* RFC 5321 section 4.5.3.1.3, without <> */
    ID_MAX = 250,
    HEADER_WORD_MAX = 900, /* a line may have 998 bytes, and a word cannot be folded */
};

static const char *check_text(struct arena *arena, const char *what, const char *text);
static const char *check_address(struct arena *arena, const char *what, const char *address);
static const char *check_id(struct arena *arena, const char *what, const char *id);
static const char *check_headers(struct arena *arena, const char *const *headers);
static size_t header_name_length(const char *line);
static bool is_own_header(const char *line, size_t name_length);
static bool has_endless_word(const char *text);

const char *mail_check_from(const char *from)
{
    const char *fault = config_check_mail_from(from), *name, *address;

    if (!fault) {
        struct arena *arena = arena_new();
        fault = mail_check_sender(arena, from, &name, &address) ? "has a domain without an ASCII form" : NULL;
        arena_free(arena);
    }
    return fault;
}

const char *mail_check_sender(struct arena *arena, const char *sender, const char **name, const char **address)
{
    const char *open = strrchr(sender, '<');
    size_t length = strlen(sender);

    *name = NULL;
    *address = sender;
    if (open && length > 0 && sender[length - 1] == '>') {
        size_t name_length = (size_t)(open - sender);
        while (name_length > 0 && sender[name_length - 1] == ' ') {
            name_length--;
        }
        if (name_length >= 2 && sender[0] == '"' && sender[name_length - 1] == '"') {
            sender++;
            name_length -= 2;
        }
        *name = arena_strndup(arena, sender, name_length);
        *address = arena_strndup(arena, open + 1, strlen(open + 1) - 1);
    }
    const char *fault = *name ? check_text(arena, "the operator's name", *name) : NULL;
    return fault ? fault : check_address(arena, "the operator's address", *address);
}

const char *mail_check(struct arena *arena, const struct mail *mail)
{
    const char *fault = check_address(arena, "the recipient's address", mail->to);

    if (!fault && mail->reply_to) {
        fault = check_address(arena, "the address for replies", mail->reply_to);
    }
    if (!fault && mail->from_name) {
        fault = check_text(arena, "the sender's name", mail->from_name);
    }
    if (!fault && mail->to_name) {
        fault = check_text(arena, "the recipient's name", mail->to_name);
    }
    if (!fault) {
        fault = check_text(arena, "the subject", mail->subject);
    }
    if (!fault) {
        fault = check_id(arena, "the Message-ID", mail->message_id);
    }
    if (!fault && mail->references) {
        fault = check_id(arena, "the Message-ID referred to", mail->references);
    }
    if (!fault) {
        fault = check_headers(arena, mail->headers);
    }
    if (fault) {
        return fault;
    }
    if (!mail->text && !mail->html) {
        return "the mail has no body";
    }
    if ((mail->text && !str_is_utf8(mail->text, strlen(mail->text))) ||
        (mail->html && !str_is_utf8(mail->html, strlen(mail->html)))) {
        return "a body is not UTF-8";
    }
    return NULL;
}

static const char *check_text(struct arena *arena, const char *what, const char *text)
{
    if (!text) {
        return arena_printf(arena, "%s is missing", what);
    }
    if (!str_is_utf8(text, strlen(text))) {
        return arena_printf(arena, "%s is not UTF-8", what);
    }
    return str_has_control(text, false) ? arena_printf(arena, "%s holds control characters", what) : NULL;
}

static const char *check_address(struct arena *arena, const char *what, const char *address)
{
    const char *fault = check_text(arena, what, address);

    if (fault) {
        return fault;
    }
    if (strlen(address) > ADDRESS_MAX) {
        return arena_printf(arena, "%s is too long", what);
    }
    if (!str_is_mail_address(address)) {
        return arena_printf(arena, "%s is no mail address", what);
    }
    return idn_mail_address(arena, address) ? NULL : arena_printf(arena, "%s has a domain without an ASCII form", what);
}

static const char *check_id(struct arena *arena, const char *what, const char *id)
{
    const char *fault = check_text(arena, what, id);

    if (fault) {
        return fault;
    }
    const char *at = strchr(id, '@');
    if (!at || at == id || !at[1] || strchr(at + 1, '@') || strlen(id) > ID_MAX || strpbrk(id, " <>()[]\\,;:\"") ||
        header_has_non_ascii(id)) {
        return arena_printf(arena, "%s is none", what);
    }
    return NULL;
}

static const char *check_headers(struct arena *arena, const char *const *headers)
{
    for (; headers && *headers; headers++) {
        const char *fault = check_text(arena, "a further header", *headers);
        if (fault) {
            return fault;
        }
        size_t name_length = header_name_length(*headers);
        if (name_length == 0 || (*headers)[name_length] != ':') {
            return "a further header has no name";
        }
        if (is_own_header(*headers, name_length)) {
            return "a further header repeats one that every mail has";
        }
        if (has_endless_word(*headers + name_length)) {
            return "a further header is too long to be folded";
        }
    }
    return NULL;
}

static size_t header_name_length(const char *line)
{
    size_t length = 0;

    while (line[length] > ' ' && line[length] < 0x7f && line[length] != ':') {
        length++;
    }
    return length;
}

static bool is_own_header(const char *line, size_t name_length)
{
    static const char *const own[] = { "Date", "Message-ID", "From",     "Sender",     "To",          "Cc",
                                       "Bcc",  "Subject",    "Reply-To", "References", "In-Reply-To", "MIME-Version" };

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (strlen(own[i]) == name_length && strncasecmp(line, own[i], name_length) == 0) {
            return true;
        }
    }
    /* Those of MIME; Content-Language is the mail's own (RFC 3282). */
    return strncasecmp(line, "Content-", 8) == 0 && !(name_length == 16 && strncasecmp(line, "Content-Language", 16) == 0);
}

static bool has_endless_word(const char *text)
{
    while (*text) {
        size_t length = strcspn(text, " ");
        if (length > HEADER_WORD_MAX) {
            return true;
        }
        text += length + strspn(text + length, " ");
    }
    return false;
}
