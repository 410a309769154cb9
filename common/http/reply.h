/* reply.h - an answer as the server's own files make it; handlers answer through http.h. */
#ifndef SHARELINK_HTTP_REPLY_H
#define SHARELINK_HTTP_REPLY_H

#include "common/http/http.h"

struct buf;
struct evhttp_request;
struct http_request;

struct http_file_part {
    int descriptor;
    int64_t offset;
};

/* What a reply is made of. */
struct http_answer {
    enum http_method method;
    int status;
    const char *content_type;
    const void *body;
    size_t length;
    const struct http_file_part *file; /* instead of body; length is its length */
    void (*release)(void *held);       /* of a body that is shared, not copied; NULL otherwise */
    void *held;
    const char *request_id;
    const struct http_reply_field *fields;
    bool close;
};

/* Of the flow of a request. */
extern const struct flow_kind http_request_kind;

/* Takes a request out of those in hand, counts its answer, and returns what evhttp wants the answer to; NULL when the server
 * went first. The fields of the request are gone after it. */
struct evhttp_request *http_reply_begin(struct http_request *request, const struct flow *flow, int status);
void http_reply_send(struct http_server *server, struct evhttp_request *evreq, const struct http_answer *answer);
/* evhttp's on_complete_cb. */
void http_reply_written(struct evhttp_request *evreq, void *connection);
/* Adds the fields that every reply has, and those that the handler set. */
void http_reply_add_fields(struct http_server *server, struct evhttp_request *evreq, const struct http_answer *answer,
                           bool with_body);
/* Appends the JSON of a problem; returns the text. */
char *http_problem_text(int status, const char *code, const char *detail, const char *request_id, struct buf *to);
/* What evhttp's parser refuses by itself gets the form that all our errors have. arg: the server. */
void http_reword_refusal(void *arg, int status, struct buf *reply);

#endif
