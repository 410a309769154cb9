/* compose.c - checks what a mail says and writes its headers: RFC 5322 folding, RFC 2047 words for what is not
 * ASCII.
 *
 * The door for injected headers and recipients is shut here, and only here: libcurl passes CR and LF on, in addresses
 * and in header lines. Called by a sender thread; knows neither SMTP nor libcurl.
 */
#include "common/mail/compose.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/clock.h"
#include "common/base/config.h"
#include "common/data/idn.h"
#include "common/base/str.h"

enum {
    LINE_MOST = 76,       /* RFC 2047 section 2: lines that hold encoded words */
    ADDRESS_MOST = 254,   /* RFC 5321 section 4.5.3.1.3, without <> */
    WORD_FRAME = 12,      /* "=?UTF-8?B?" and "?=" */
    WORD_BYTES_MOST = 45, /* 60 of base64 and the frame: 72 of the 75 that an encoded word may have */
    WORD_BYTES_LEAST = 6, /* less is not worth the rest of a line; any character has at most 4 */
    PLAIN_WORD_MOST = 70,
    QUOTED_MOST = 60,
    ID_MOST = 250,
    HEADERS_OWN = 8,
    HEADER_WORD_MOST = 900, /* a line may have 998 bytes, and a word cannot be folded */
};

/* One header field being written. */
struct field {
    struct buf text;
    size_t column;
};

static const char *split_sender(struct arena *arena, const char *sender, const char **name, const char **address);
static const char *check(struct arena *arena, const struct mail *mail);
static const char *check_text(struct arena *arena, const char *what, const char *text);
static const char *check_address(struct arena *arena, const char *what, const char *address);
static const char *check_id(struct arena *arena, const char *what, const char *id);
static const char *check_headers(struct arena *arena, const char *const *headers);
static size_t header_name_length(const char *line);
static bool is_own_header(const char *line, size_t name_length);
static bool has_endless_word(const char *text);
static bool has_non_ascii(const char *text);

static const char *const *write_headers(struct arena *arena, const struct mail *mail, const char *from_name,
                                        const char *from);
static const char *date_line(struct arena *arena, int64_t date_ms);
static const char *mailbox_line(struct arena *arena, const char *header, const char *name, const char *address);
static const char *text_line(struct arena *arena, const char *header, const char *text);
static const char *id_line(struct arena *arena, const char *header, const char *id);
static const char *further_line(struct arena *arena, const char *line);

static void begin_field(struct field *field, const char *header, size_t length);
static const char *end_field(struct field *field, struct arena *arena);
static void put_phrase(struct field *field, const char *name);
static void put_quoted(struct field *field, const char *text);
static void put_words(struct field *field, const char *text);
static void put_encoded(struct field *field, const char *text);
static void put_word(struct field *field, const char *word, size_t length);
static bool is_plain(const char *text);
static bool is_atoms(const char *text);
static size_t encode_base64(char *to, const char *bytes, size_t length);
static const char *with_crlf(struct arena *arena, const char *text);

const char *mail_compose(struct arena *arena, const char *sender, const struct mail *mail, struct mail_letter *letter)
{
    const char *name, *address;
    const char *fault = split_sender(arena, sender, &name, &address);

    if (!fault) {
        fault = check(arena, mail);
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

const char *mail_check_from(const char *from)
{
    const char *fault = config_check_mail_from(from), *name, *address;

    if (!fault) {
        struct arena *arena = arena_new();
        fault = split_sender(arena, from, &name, &address) ? "has a domain without an ASCII form" : NULL;
        arena_free(arena);
    }
    return fault;
}

/* --- checks --- */

static const char *split_sender(struct arena *arena, const char *sender, const char **name, const char **address)
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

static const char *check(struct arena *arena, const struct mail *mail)
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
    if (strlen(address) > ADDRESS_MOST) {
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
    if (!at || at == id || !at[1] || strchr(at + 1, '@') || strlen(id) > ID_MOST || strpbrk(id, " <>()[]\\,;:\"") ||
        has_non_ascii(id)) {
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
    return strncasecmp(line, "Content-", 8) == 0;
}

static bool has_endless_word(const char *text)
{
    while (*text) {
        size_t length = strcspn(text, " ");
        if (length > HEADER_WORD_MOST) {
            return true;
        }
        text += length + strspn(text + length, " ");
    }
    return false;
}

static bool has_non_ascii(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text >= 0x80) {
            return true;
        }
    }
    return false;
}

/* --- headers --- */

static const char *const *write_headers(struct arena *arena, const struct mail *mail, const char *from_name,
                                        const char *from)
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
    struct field field = { 0 };

    begin_field(&field, header, strlen(header));
    if (!name || !*name) {
        put_word(&field, address, strlen(address));
        return end_field(&field, arena);
    }
    put_phrase(&field, name);
    const char *framed = arena_printf(arena, "<%s>", address);
    put_word(&field, framed, strlen(framed));
    return end_field(&field, arena);
}

static const char *text_line(struct arena *arena, const char *header, const char *text)
{
    struct field field = { 0 };

    begin_field(&field, header, strlen(header));
    if (is_plain(text)) {
        put_words(&field, text);
    } else {
        put_encoded(&field, text);
    }
    return end_field(&field, arena);
}

static const char *id_line(struct arena *arena, const char *header, const char *id)
{
    return arena_printf(arena, "%s: <%s>", header, id);
}

/* Structured, for all we know, as long as it is ASCII: then only folded, where it has blanks. */
static const char *further_line(struct arena *arena, const char *line)
{
    struct field field = { 0 };
    size_t name_length = strcspn(line, ":");
    const char *value = line + name_length + 1;

    value += strspn(value, " ");
    begin_field(&field, line, name_length);
    if (has_non_ascii(value)) {
        put_encoded(&field, value);
    } else {
        put_words(&field, value);
    }
    return end_field(&field, arena);
}

/* --- fields --- */

static void begin_field(struct field *field, const char *header, size_t length)
{
    buf_add(&field->text, header, length);
    buf_add_char(&field->text, ':');
    field->column = length + 1;
}

static const char *end_field(struct field *field, struct arena *arena)
{
    const char *line = arena_strndup(arena, field->text.data, field->text.length);

    buf_clear(&field->text);
    return line;
}

/* A display name: atoms as they are, other ASCII as a quoted string, all else as encoded words. */
static void put_phrase(struct field *field, const char *name)
{
    if (is_plain(name) && is_atoms(name)) {
        put_words(field, name);
    } else if (!has_non_ascii(name) && !strstr(name, "=?") && strlen(name) <= QUOTED_MOST) {
        put_quoted(field, name);
    } else {
        put_encoded(field, name);
    }
}

static void put_quoted(struct field *field, const char *text)
{
    struct buf quoted = { 0 };

    buf_add_char(&quoted, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') {
            buf_add_char(&quoted, '\\');
        }
        buf_add_char(&quoted, *text);
    }
    buf_add_char(&quoted, '"');
    put_word(field, quoted.data, quoted.length);
    buf_clear(&quoted);
}

static void put_words(struct field *field, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, " ");
        put_word(field, text, length);
        text += length;
        text += strspn(text, " ");
    }
}

/* Readers drop the blanks between encoded words, so the text is the words' bytes and nothing else. A word never ends
 * inside a character. */
static void put_encoded(struct field *field, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        char word[WORD_FRAME + WORD_BYTES_MOST / 3 * 4 + 1] = "=?UTF-8?B?";
        size_t start = strlen(word);
        size_t room = field->column + 1 + WORD_FRAME < LINE_MOST ? LINE_MOST - field->column - 1 - WORD_FRAME : 0;
        size_t most = room / 4 * 3;
        if (most < WORD_BYTES_LEAST || most > WORD_BYTES_MOST) {
            most = WORD_BYTES_MOST; /* put_word goes to a new line when it has to */
        }
        size_t length = left < most ? left : most;
        while (length < left && ((unsigned char)text[length] & 0xC0) == 0x80) {
            length--;
        }
        size_t end = start + encode_base64(word + start, text, length);
        memcpy(word + end, "?=", 2);
        put_word(field, word, end + 2);
        text += length;
        left -= length;
    }
}

static void put_word(struct field *field, const char *word, size_t length)
{
    /* A word that is too long for any line stays beside the field's name, where the simplest reader finds it. */
    bool is_first = field->text.data[field->text.length - 1] == ':', fits_nowhere = length >= LINE_MOST;

    if (field->column + 1 + length > LINE_MOST && !(is_first && fits_nowhere)) {
        buf_add_text(&field->text, "\r\n");
        field->column = 0;
    }
    buf_add_char(&field->text, ' ');
    buf_add(&field->text, word, length);
    field->column += 1 + length;
}

/* ASCII that comes out as it went in when it is folded at its blanks, and that no reader takes for an encoded word. */
static bool is_plain(const char *text)
{
    size_t word = 0;

    if (strstr(text, "=?") || strstr(text, "  ") || *text == ' ' || has_non_ascii(text)) {
        return false;
    }
    for (; *text; text++) {
        word = *text == ' ' ? 0 : word + 1;
        if (word > PLAIN_WORD_MOST || (*text == ' ' && !text[1])) {
            return false;
        }
    }
    return true;
}

static bool is_atoms(const char *text)
{
    return strpbrk(text, "()<>[]:;@\\,.\"") == NULL;
}

static size_t encode_base64(char *to, const char *bytes, size_t length)
{
    static const char symbols[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *at = to;

    for (size_t i = 0; i < length; i += 3) {
        uint32_t three = (uint32_t)(unsigned char)bytes[i] << 16;
        three |= i + 1 < length ? (uint32_t)(unsigned char)bytes[i + 1] << 8 : 0;
        three |= i + 2 < length ? (unsigned char)bytes[i + 2] : 0;
        *at++ = symbols[three >> 18];
        *at++ = symbols[three >> 12 & 63];
        *at++ = i + 1 < length ? symbols[three >> 6 & 63] : '=';
        *at++ = i + 2 < length ? symbols[three & 63] : '=';
    }
    return (size_t)(at - to);
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
