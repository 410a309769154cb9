/* log.c - composes one line and writes it with one write(2); see log.h.
 *
 * A line stays within 4096 bytes: that much a pipe takes whole, so lines of processes that share one never mix. A field
 * that is too long for what is left is cut, or left out when there is no room at all, and the line then says
 * truncated=true.
 */
#include "common/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
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
static void begin_line(struct buf *line, enum log_level level, const char *event, bool *truncated);
static bool write_line(const struct buf *line);

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

/* Of the lines that found no room: all, and those that no line has told of. */
static _Atomic int64_t dropped, untold;

/* The flag that makes a write not wait belongs to what was opened, which others have too: a shell, a supervisor, the neighbours
 * in a pipeline. So stderr is opened anew for this process alone. A socket cannot be, nor a pipe of another user's (a
 * container's): those are shared with none but our own kind. */
void log_never_wait(void)
{
    struct stat found;

    if (fstat(STDERR_FILENO, &found) < 0 || S_ISREG(found.st_mode)) {
        return;
    }
    int own = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (own >= 0) {
        dup2(own, STDERR_FILENO);
        close(own);
    } else {
        fcntl(STDERR_FILENO, F_SETFL, fcntl(STDERR_FILENO, F_GETFL) | O_NONBLOCK);
    }
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
    struct buf line = { 0 };
    bool truncated = false;

    if (level < our_least) {
        return;
    }
    int saved_errno = errno; /* a caller may log before it looks */
    log_tell_dropped();
    begin_line(&line, level, event, &truncated);
    for (; fields->name; fields++) {
        add_field(&line, fields, &truncated);
    }
    if (truncated) {
        add_name(&line, "truncated");
        buf_add_text(&line, "true");
    }
    buf_add_text(&line, our_format == LOG_FORMAT_JSON ? "}\n" : "\n");
    if (!write_line(&line)) {
        dropped++;
        untold++;
    }
    buf_clear(&line);
    errno = saved_errno;
}

int64_t log_lines_dropped(void)
{
    return dropped;
}

void log_tell_dropped(void)
{
    int64_t lines = atomic_exchange(&untold, 0);
    struct buf line = { 0 };
    bool truncated = false;

    if (lines == 0) {
        return;
    }
    begin_line(&line, LOG_LEVEL_WARN, "log.lines_dropped", &truncated);
    add_field(&line, &(struct log_field)LOG_INT("lines", lines), &truncated);
    buf_add_text(&line, our_format == LOG_FORMAT_JSON ? "}\n" : "\n");
    if (!write_line(&line)) {
        untold += lines;
    }
    buf_clear(&line);
}

static void begin_line(struct buf *line, enum log_level level, const char *event, bool *truncated)
{
    static const char *const levels[] = { "debug", "info", "warn", "error" };
    char now[CLOCK_RFC3339_SIZE];

    clock_rfc3339(now, clock_wall_ms());
    add_field(line, &(struct log_field)LOG_TEXT("time", now), truncated);
    add_field(line, &(struct log_field)LOG_TEXT("level", levels[level]), truncated);
    add_field(line, &(struct log_field)LOG_TEXT("service", our_service), truncated);
    add_field(line, &(struct log_field)LOG_TEXT("event", event), truncated);
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

/* False when there was no room, or only for a part of it (a terminal's, a socket's; a pipe takes all or nothing). */
static bool write_line(const struct buf *line)
{
    ssize_t written;

    do {
        written = write(STDERR_FILENO, line->data, line->length);
    } while (written < 0 && errno == EINTR);
    return written == (ssize_t)line->length;
}
