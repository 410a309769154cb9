/* mail.h - sending mail by SMTP through a bounded pool of sender threads.
 *
 * libcurl's SMTP blocks its caller, so it never runs on the loop: each thread has its own easy handle and keeps its
 * connection. One recipient per transaction. The outcome comes back to the loop.
 */
#ifndef SHARELINK_MAIL_H
#define SHARELINK_MAIL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/loop/flow.h"

struct event_base;
struct mail_pool;

struct mail_pool_options {
    const char *url;     /* smtp://[user:password@]host[:port] or smtps://…; borrowed */
    const char *from;    /* the operator's address, "Name <address>" or an address; borrowed */
    bool require_tls;    /* for smtp://: STARTTLS with a good certificate, or no mail. Without it STARTTLS is used when it is
                            offered, and its certificate is checked when there is a ca_file. smtps:// is always checked */
    const char *ca_file; /* PEM, or NULL for the system's */
    int threads;
    int connect_limit_ms, total_limit_ms; /* per mail */
};

/* For settings: what is wrong with a server's URL, as libcurl reads it, and with the operator's address; NULL when they are good.
 * They quote nothing of either. */
const char *mail_check_url(const char *url);
const char *mail_check_from(const char *from);
/* Whether a mail to the server of this URL needs TLS: what the setting says (on|true|1 or off|false|0, which mail_check_tls sees
 * to); when it says nothing (NULL), unless the server is on this machine or its host has no dot, as in a private network. */
const char *mail_check_tls(const char *setting);
bool mail_requires_tls(const char *setting, const char *url);

struct mail_pool *mail_pool_new(struct event_base *base, const struct mail_pool_options *options);
/* Waits for the mails that threads have in hand (bounded by total_limit_ms), then ends the threads. A mail that no thread
 * has begun ends as MAIL_LATER. Every done has been called when this returns. Not from inside a done. */
void mail_pool_free(struct mail_pool *pool);

/* What a mail says. All text is UTF-8; addresses are checked again here, and CR, LF and other control characters anywhere
 * but in the bodies make the mail MAIL_INVALID. */
struct mail {
    const char *from_name; /* shown before the operator's address; NULL for the operator's own name */
    const char *reply_to;  /* an address, or NULL */
    const char *to_name;   /* may be NULL */
    const char *to;        /* the one recipient's address */
    const char *subject;
    const char *message_id;     /* without <> */
    const char *references;     /* a Message-ID without <>, or NULL */
    const char *text;           /* plain body */
    const char *html;           /* HTML body */
    const char *const *headers; /* further "Name: value" lines, ended by NULL; may be NULL */
    int64_t date_ms;            /* wall clock */
    /* Of clock_boot_us, or NULL: when it must not be begun any more. Borrowed until done is called, and asked again at the last
     * moment: it may change meanwhile. */
    const _Atomic int64_t *good_until_us;
};

enum mail_outcome {
    MAIL_SENT,      /* 250 after the dot */
    MAIL_LATER,     /* 4xx, or no connection: try again */
    MAIL_REFUSED,   /* 5xx: never */
    MAIL_UNCERTAIN, /* all was sent and no answer came: it may have arrived; once more, with the same Message-ID */
    MAIL_INVALID,   /* could not be composed */
    MAIL_LAPSED,    /* its time was over before the server had any of its content */
};

struct mail_result {
    enum mail_outcome outcome;
    int smtp_code;      /* the server's last code, 0 for none */
    const char *detail; /* one line for the delivery log, without addresses */
};

/* The mail is copied. Mails may be more than there are threads: they wait in a queue, and the log warns when that is longer than
 * one for each thread. done comes exactly once, from the loop; result is borrowed until it returns. */
typedef void mail_done(void *arg, const struct mail_result *result);
void mail_send(struct mail_pool *pool, const struct mail *mail, mail_done *done, void *arg);

#endif
