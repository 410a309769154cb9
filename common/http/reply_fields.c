/* reply_fields.c - the header fields of a reply: what handlers set, and what every reply has. */
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/util.h>
#include <stdio.h>
#include <strings.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/http/door.h"
#include "common/http/reply.h"
#include "common/http/request.h"
#include "common/http/server.h"

static bool has_field(const struct http_reply_field *fields, const char *name);
static const char *date_now(struct http_server *server);

void http_set_header(struct flow *flow, const char *name, const char *value)
{
    struct http_request *request = flow->owner;

    if (!http_is_token(name) || !http_is_field_value(value)) {
        log_error("http.header_dropped", LOG_TEXT("name", name), LOG_TEXT("request_id", flow->request_id));
        return;
    }
    if (strcasecmp(name, "Set-Cookie") != 0) {
        for (struct http_reply_field *at = request->reply_fields; at; at = at->next) {
            if (strcasecmp(at->name, name) == 0) {
                at->value = arena_strdup(flow->arena, value);
                return;
            }
        }
    }
    struct http_reply_field *added = arena_alloc(flow->arena, sizeof *added);
    added->name = arena_strdup(flow->arena, name);
    added->value = arena_strdup(flow->arena, value);
    *request->reply_fields_end = added;
    request->reply_fields_end = &added->next;
}

void http_unset_header(struct flow *flow, const char *name)
{
    struct http_request *request = flow->owner;

    request->reply_fields_end = &request->reply_fields;
    while (*request->reply_fields_end) {
        struct http_reply_field *at = *request->reply_fields_end;
        if (strcasecmp(at->name, name) == 0) {
            *request->reply_fields_end = at->next;
        } else {
            request->reply_fields_end = &at->next;
        }
    }
}

void http_reply_headers(const struct flow *flow, void (*each)(void *arg, const char *name, const char *value), void *arg)
{
    const struct http_request *request = flow->owner;

    for (const struct http_reply_field *at = request->reply_fields; at; at = at->next) {
        each(arg, at->name, at->value);
    }
}

void http_reply_add_fields(struct http_server *server, struct evhttp_request *evreq, const struct http_answer *answer,
                           bool with_body)
{
    struct evkeyvalq *fields = evhttp_request_get_output_headers(evreq);
    bool may_store = false;

    if (with_body) {
        char length[24];
        snprintf(length, sizeof length, "%zu", answer->length);
        if (answer->content_type) {
            evhttp_add_header(fields, "Content-Type", answer->content_type);
        }
        evhttp_add_header(fields, "Content-Length", length);
    }
    evhttp_add_header(fields, "Date", date_now(server));
    if (answer->request_id) {
        evhttp_add_header(fields, "X-Request-Id", answer->request_id);
    }
    evhttp_add_header(fields, "X-Content-Type-Options", "nosniff");
    for (const struct http_reply_field *at = answer->fields; at; at = at->next) {
        evhttp_add_header(fields, at->name, at->value);
        may_store = may_store || strcasecmp(at->name, "Cache-Control") == 0;
    }
    if (!may_store) {
        evhttp_add_header(fields, "Cache-Control", "no-store");
    }
    for (const struct http_fixed_field *at = server->options.reply_fields; at && at->name; at++) {
        if (!has_field(answer->fields, at->name)) {
            evhttp_add_header(fields, at->name, at->value);
        }
    }
}

static bool has_field(const struct http_reply_field *fields, const char *name)
{
    while (fields && strcasecmp(fields->name, name) != 0) {
        fields = fields->next;
    }
    return fields;
}

static const char *date_now(struct http_server *server)
{
    int64_t now_s = clock_wall_ms() / 1000;

    if (now_s != server->date_s) {
        server->date_s = now_s;
        evutil_date_rfc1123(server->date, sizeof server->date, NULL);
    }
    return server->date;
}
