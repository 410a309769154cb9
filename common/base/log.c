/* log.c - composes one line and writes it with one write(2); see log.h.
 *
 * A line stays within 4096 bytes: that much a pipe takes whole, so lines of processes that share one never mix. A field
 * that is too long for what is left is cut, or left out when there is no room at all, and the line then says
 * truncated=true.
 */
#include "common/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/str.h"

#define LINE_MAX_BYTES 4096
#define TAIL_BYTES     24 /* ,"truncated":true} and the newline */
#define CUT_LEAST      16 /* less of a text says nothing */

static void add_field(struct buf *line, const struct log_field *field, bool *truncated);
static void add_name(struct buf *line, const char *name);
static void add_text(struct buf *line, const char *text, size_t length);
static bool needs_quotes(const char *text, size_t length);
static void write_line(const struct buf *line);

/* Set once, before threads start. */
static const char *our_service = "sharelink";
static enum log_format our_format = LOG_FORMAT_LOGFMT;
static enum log_level our_least = LOG_LEVEL_INFO;

void log_setup(const char *service, enum log_format format, enum log_level least)
{
    our_service = service;
    our_format = format;
    our_least = least;
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
    static const char *const levels[] = { "debug", "info", "warn", "error" };
    struct buf line = { 0 };
    char now[CLOCK_RFC3339_SIZE];
    bool truncated = false;

    if (level < our_least) {
        return;
    }
    int saved_errno = errno; /* a caller may log before it looks */
    clock_rfc3339(now, clock_wall_ms());
    add_field(&line, &(struct log_field)LOG_TEXT("time", now), &truncated);
    add_field(&line, &(struct log_field)LOG_TEXT("level", levels[level]), &truncated);
    add_field(&line, &(struct log_field)LOG_TEXT("service", our_service), &truncated);
    add_field(&line, &(struct log_field)LOG_TEXT("event", event), &truncated);
    for (; fields->name; fields++) {
        add_field(&line, fields, &truncated);
    }
    if (truncated) {
        add_name(&line, "truncated");
        buf_add_text(&line, "true");
    }
    buf_add_text(&line, our_format == LOG_FORMAT_JSON ? "}\n" : "\n");
    write_line(&line);
    buf_clear(&line);
    errno = saved_errno;
}

static void add_field(struct buf *line, const struct log_field *field, bool *truncated)
{
    const size_t most = LINE_MAX_BYTES - TAIL_BYTES;
    size_t before = line->length;

    add_name(line, field->name);
    size_t value_at = line->length;
    switch (field->kind) {
    case LOG_FIELD_TEXT:
        if (field->text) {
            /* Nothing longer can fit, so there is no use in escaping all of it. */
            add_text(line, field->text, strnlen(field->text, LINE_MAX_BYTES));
        } else {
            buf_add_text(line, "null");
        }
        break;
    case LOG_FIELD_INT:
        buf_printf(line, "%" PRId64, field->number);
        break;
    case LOG_FIELD_BOOL:
        buf_add_text(line, field->number ? "true" : "false");
        break;
    }
    if (line->length <= most) {
        return;
    }
    *truncated = true;
    /* One byte takes six at most (\u001f), so a sixth of the room always fits, quotes included. */
    size_t room = value_at + 2 < most ? (most - value_at - 2) / 6 : 0;
    line->length = value_at;
    if (field->kind == LOG_FIELD_TEXT && field->text && room >= CUT_LEAST) {
        while (room > 0 && ((unsigned char)field->text[room] & 0xC0) == 0x80) {
            room--; /* not inside a character */
        }
        add_text(line, field->text, room);
    } else {
        line->length = before;
    }
}

static void add_name(struct buf *line, const char *name)
{
    if (our_format == LOG_FORMAT_JSON) {
        buf_add_char(line, line->length ? ',' : '{');
        buf_add_json(line, name, strlen(name));
        buf_add_char(line, ':');
        return;
    }
    if (line->length) {
        buf_add_char(line, ' ');
    }
    buf_add_text(line, name);
    buf_add_char(line, '=');
}

static void add_text(struct buf *line, const char *text, size_t length)
{
    if (our_format == LOG_FORMAT_JSON || needs_quotes(text, length)) {
        buf_add_json(line, text, length);
    } else {
        buf_add(line, text, length);
    }
}

static bool needs_quotes(const char *text, size_t length)
{
    if (length == 0 || (length == 4 && memcmp(text, "null", 4) == 0)) {
        return true;
    }
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte <= ' ' || byte >= 0x7F || byte == '"' || byte == '=' || byte == '\\') {
            return true;
        }
    }
    return false;
}

static void write_line(const struct buf *line)
{
    ssize_t written;

    do {
        written = write(STDERR_FILENO, line->data, line->length);
    } while (written < 0 && errno == EINTR);
}
