/* log.h - one line an event on stderr, as JSON or logfmt.
 *
 *     log_info("pg.connected", LOG_TEXT("pool", "links"), LOG_INT("connect_ms", 12));
 *
 * Every line has time, level, service and event, then the fields in the order given. The event is a short stable name in
 * the form subject.verb. Never log a token, a passcode, a key, a mail address or a candidate's name. Any thread may log:
 * a line is written by one write(2), which never waits: what a reader of stderr does not take is dropped and counted, and told as
 * log.lines_dropped when there is room again.
 */
#ifndef SHARELINK_LOG_H
#define SHARELINK_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

struct log_field {
    const char *name; /* NULL ends the list */
    enum { LOG_FIELD_TEXT, LOG_FIELD_INT, LOG_FIELD_BOOL } kind;
    const char *text; /* NULL is written as null */
    int64_t number;
};

/* clang-format off */
#define LOG_TEXT(field, value) { .name = (field), .kind = LOG_FIELD_TEXT, .text = (value) }
#define LOG_INT(field, value)  { .name = (field), .kind = LOG_FIELD_INT, .number = (int64_t)(value) }
#define LOG_BOOL(field, value) { .name = (field), .kind = LOG_FIELD_BOOL, .number = (value) ? 1 : 0 }
#define log_debug(event, ...) log_write(LOG_LEVEL_DEBUG, (event), (const struct log_field[]){ __VA_ARGS__ __VA_OPT__(,) { .name = 0 } })
#define log_info(event, ...)  log_write(LOG_LEVEL_INFO, (event), (const struct log_field[]){ __VA_ARGS__ __VA_OPT__(,) { .name = 0 } })
#define log_warn(event, ...)  log_write(LOG_LEVEL_WARN, (event), (const struct log_field[]){ __VA_ARGS__ __VA_OPT__(,) { .name = 0 } })
#define log_error(event, ...) log_write(LOG_LEVEL_ERROR, (event), (const struct log_field[]){ __VA_ARGS__ __VA_OPT__(,) { .name = 0 } })
/* clang-format on */

/* First of all: from then on nothing that this process writes to stderr waits for its reader. */
void log_never_wait(void);
/* Once, before threads start. service is borrowed for the life of the process. */
void log_setup(const char *service, enum log_format format, enum log_level least);
/* Lines that were dropped since the process began. */
int64_t log_lines_dropped(void);
/* Tells of those that nobody was told of yet, when there is room. */
void log_tell_dropped(void);
void log_write(enum log_level level, const char *event, const struct log_field *fields);

#endif
