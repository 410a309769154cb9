/* config.h - a daemon's settings: one table drives reading, checking, --help and the page docs/configuration.md.
 *
 * A setting NAME is read from the environment variable SHARELINK_NAME, or from the file that SHARELINK_NAME_FILE names
 * (one trailing newline is dropped); both at once is a fault. config_load collects ALL faults, each a line such as
 * "SHARELINK_WORKERS: 0 is not a whole number from 1 to 64", and never prints a secret's value.
 */
#ifndef SHARELINK_CONFIG_H
#define SHARELINK_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "common/base/str.h"

#define CONFIG_PREFIX "SHARELINK_"

enum config_kind {
    CONFIG_TEXT,   /* const char * */
    CONFIG_INT,    /* int64_t, min..max */
    CONFIG_BOOL,   /* bool: true|false|on|off|1|0 */
    CONFIG_CHOICE, /* int: the index in choices, "a|b|c" */
};

struct config_setting {
    const char *name; /* without the prefix; a NULL name ends a table */
    enum config_kind kind;
    size_t offset;        /* of the field in the daemon's own struct */
    const char *fallback; /* as written in the environment; NULL means that it is required... */
    bool optional;        /* ...unless it is optional: the field then stays NULL, 0 or false */
    bool secret;
    int64_t min, max;
    const char *choices;
    const char *(*check)(const char *value); /* NULL when fine, else what is wrong; may be NULL itself */
    const char *about;                       /* one sentence for --help and the docs */
};

/* Fills fields of out from the tables (an array of tables, ended by NULL). Faults are appended to faults, a line each;
 * returns their number. Text is copied into the arena. */
int config_load(const struct config_setting *const *tables, void *out, struct arena *arena, struct buf *faults);

/* The table as lines for --help. */
void config_describe(const struct config_setting *const *tables, struct buf *to);

/* Appends a fault for each SHARELINK_ variable that is not empty and in no list (a misspelling, most likely), such as
 * "SHARELINK_SMPT_URL: is no setting; did you mean SHARELINK_SMTP_URL?"; returns their number. known: names without the prefix,
 * ended by NULL, of all programs that share the environment. What Kubernetes tells of a Service called sharelink-… passes. */
int config_find_unknown(const char *const *known, struct buf *faults);

/* A warning in the log for each secret's file that everybody on the machine may read. Not for those in /run/secrets, where a
 * container's engine puts them: who can see into it is the engine's affair. */
void config_warn_exposed(const struct config_setting *const *tables);

/* Wipes the values of secrets from the environment, where anybody who may read /proc/<pid>/environ finds them; the copies that
 * config_load made stay. */
void config_wipe_environment(const struct config_setting *const *tables);

/* Checks for the check field. Those of a URL look at its form; pg_check_url, redis_check_url and mail_check_url also ask whom it
 * is for whether he can read it. */
const char *config_check_postgres_url(const char *value); /* postgresql:// or postgres:// */
const char *config_check_redis_url(const char *value);    /* redis://[user:password@]host[:port][/db] or unix:///path */
const char *config_check_smtp_url(const char *value);     /* smtp:// or smtps:// */
const char *config_check_http_url(const char *value);     /* http(s)://host[:port], no path, query or fragment */
const char *config_check_listen(const char *value);       /* address:port, [v6]:port; port 0 is allowed */
const char *config_check_secret_key(const char *value);   /* base64 of exactly 32 bytes, not all the same */
const char *config_check_mail_from(const char *value);    /* an address, or Name <address> */
const char *config_check_directory(const char *value);    /* exists and can be read */
const char *config_check_certificates(const char *value); /* a file that can be read and holds a certificate (PEM) */

#endif
