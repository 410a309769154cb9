/* smtp_wire.h - what goes over the wire of an SMTP connection of libcurl, listened to: how far the transaction has come, the
 * server's codes, and whether the content was on its way.
 */
#ifndef SHARELINK_MAIL_SMTP_WIRE_H
#define SHARELINK_MAIL_SMTP_WIRE_H

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    SMTP_SOCKETS_MAX = 8,    /* libcurl tries IPv6 and IPv4 side by side */
    SMTP_ENHANCED_SIZE = 12, /* 5.123.123 */
    SMTP_TAIL_SIZE = 8,
};

/* In the order of a transaction; everything up to SMTP_AUTH is about the server and us, not yet about this mail. */
enum smtp_stage { SMTP_GREETING, SMTP_EHLO, SMTP_STARTTLS, SMTP_AUTH, SMTP_MAIL, SMTP_RCPT, SMTP_DATA, SMTP_CONTENT };

struct smtp_wire {
    /* of the connection */
    int sockets[SMTP_SOCKETS_MAX];
    int socket_count;

    /* of the mail */
    const _Atomic int64_t *good_until_us; /* when its content must not be begun any more, by clock_boot_us; or NULL */

    /* of the transaction */
    enum smtp_stage stage;
    int last_code;
    bool has_quit;
    bool content_begun; /* 354 was heard, and the content is on its way */
    bool content_ended; /* all of it was sent while the server was there: the dot was, or was about to be */
    size_t tail_length; /* of what was sent of the content last */
    char tail[SMTP_TAIL_SIZE];
    bool has_lapsed;                   /* 354 was heard too late: nothing of the content is sent */
    char enhanced[SMTP_ENHANCED_SIZE]; /* RFC 2034, or "" */
};

/* Listens to the handle as long as that lives. */
void smtp_wire_attach(struct smtp_wire *wire, CURL *curl);
/* A new transaction begins, perhaps on the same connection. */
void smtp_wire_begin(struct smtp_wire *wire);
bool smtp_wire_is_late(const struct smtp_wire *wire);
/* libcurl waits for the answer to its QUIT, up to two minutes at the end of a handle. Nobody needs that answer. */
void smtp_wire_stop_listening(struct smtp_wire *wire);

#endif
