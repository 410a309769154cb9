/* test_problem.c - problem documents and the reading of bodies, with the HTTP server and PostgreSQL played by this
 * file: it defines every function of theirs that problem.c calls, so the real ones are not linked.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/http/fault_page.h"
#include "common/http/http.h"
#include "common/base/log.h"
#include "common/pg/pg.h"
#include "common/http/problem.h"

/* What the server was told, and what it has. */
static struct {
    int status;
    char content_type[64], retry_after[16], accept[32], body[4096];
    const char *request_body;
    enum http_method method;
    bool is_json;
    enum pg_outcome outcome;
    bool is_refused;
} played;
static char decided;

struct next *http_reply(struct flow *flow, int status, const char *content_type, const void *body, size_t length)
{
    (void)flow;
    assert_true(length < sizeof played.body);
    played.status = status;
    strcpy(played.content_type, content_type);
    memcpy(played.body, body, length);
    played.body[length] = '\0';
    return (struct next *)&decided;
}

void http_set_header(struct flow *flow, const char *name, const char *value)
{
    (void)flow;
    char *told = strcmp(name, "Accept") == 0 ? played.accept : played.retry_after;

    assert_true(told == played.accept || strcmp(name, "Retry-After") == 0);
    strcpy(told, value);
}

struct next *fault_page_reply(struct flow *flow, int status, const char *code)
{
    (void)flow;
    (void)status;
    (void)code;
    return NULL; /* nobody asks for a page */
}

void http_reply_headers(const struct flow *flow, void (*each)(void *arg, const char *name, const char *value), void *arg)
{
    (void)flow;
    if (played.retry_after[0]) {
        each(arg, "Retry-After", played.retry_after);
    }
}

const char *http_status_phrase(int status)
{
    return status == 503 ? "Service Unavailable" : "Some Phrase";
}

const char *http_body(const struct flow *flow, size_t *length)
{
    (void)flow;
    *length = played.request_body ? strlen(played.request_body) : 0;
    return played.request_body;
}

bool http_is_json(const struct flow *flow)
{
    (void)flow;
    return played.is_json;
}

json_t *http_json(const struct flow *flow, const char **error)
{
    return json_parse(flow->arena, played.request_body, strlen(played.request_body), error);
}

const struct http_server_options *http_options(const struct flow *flow)
{
    static const struct http_server_options options = { .body_max = 4096 };
    (void)flow;
    return &options;
}

enum http_method http_method(const struct flow *flow)
{
    (void)flow;
    return played.method;
}

enum pg_outcome pg_outcome(const struct flow *flow)
{
    (void)flow;
    return played.outcome;
}

const char *pg_sqlstate(const struct flow *flow)
{
    (void)flow;
    return "23505";
}

bool pg_is_refused(const struct flow *flow)
{
    (void)flow;
    return played.is_refused;
}

const char *pg_constraint(const struct flow *flow)
{
    (void)flow;
    return "a_constraint";
}

static int set_up(void **state)
{
    static struct flow flow;

    memset(&played, 0, sizeof played);
    flow = (struct flow){ .arena = arena_new(), .request_id = "req_1" };
    *state = &flow;
    return 0;
}

static int tear_down(void **state)
{
    arena_free(((struct flow *)*state)->arena);
    return 0;
}

static void assert_replied(struct next *next, int status, const char *code)
{
    char expected[80];

    assert_non_null(next);
    assert_int_equal(played.status, status);
    assert_string_equal(played.content_type, "application/problem+json");
    snprintf(expected, sizeof expected, "\"code\":\"%s\"", code);
    if (!strstr(played.body, expected)) {
        fail_msg("no %s in %s", expected, played.body);
    }
}

static void test_members_stand_beside_the_standard_ones(void **state)
{
    struct next *next =
        problem_reply_with(*state, 409, "taken", "It is \"taken\".", json_pack("{s:i,s:s}", "owner", 7, "code", "other"));

    assert_replied(next, 409, "taken");
    assert_string_equal(played.body, "{\"type\":\"about:blank\",\"title\":\"Some Phrase\",\"status\":409,\"code\":\"taken\","
                                     "\"detail\":\"It is \\\"taken\\\".\",\"request_id\":\"req_1\",\"owner\":7}");
    assert_string_equal(played.retry_after, "");
}

static void test_a_failed_wait_on_postgresql(void **state)
{
    played.outcome = PG_UNAVAILABLE;
    assert_replied(problem_reply_pg(*state), 503, "database_unavailable");
    assert_string_equal(played.retry_after, "1");
    played.is_refused = true;
    played.retry_after[0] = '\0';
    assert_replied(problem_reply_pg(*state), 503, "database_error");
    assert_string_equal(played.retry_after, "1");
    played.outcome = PG_RETRY;
    assert_replied(problem_reply_pg(*state), 503, "database_busy");
    assert_string_equal(played.retry_after, "1");
    strcpy(played.retry_after, "10"); /* who knows better has said so */
    assert_replied(problem_reply_pg(*state), 503, "database_busy");
    assert_string_equal(played.retry_after, "10");
    played.outcome = PG_REJECTED;
    assert_replied(problem_reply_pg(*state), 500, "internal_error");
    assert_null(strstr(played.body, "23505"));
    assert_null(strstr(played.body, "a_constraint"));
}

static void test_faults_are_listed(void **state)
{
    struct flow *flow = *state;
    struct faults *faults = faults_new(flow->arena);

    assert_false(faults_any(faults));
    faults_add(faults, "/a", "required", "Needed.");
    faults_add(faults, "?limit", "invalid", "\xFF");
    assert_replied(faults_reply(flow, faults), 422, "validation_failed");
    assert_non_null(strstr(played.body, "\"errors\":[{\"pointer\":\"/a\",\"code\":\"required\",\"detail\":\"Needed.\"},"
                                        "{\"pointer\":\"?limit\",\"code\":\"invalid\",\"detail\":\"\"}]"));
}

static void assert_not_read(struct flow *flow, const char *body, bool is_json, int status, const char *code)
{
    struct next *reply = NULL;

    played.request_body = body;
    played.is_json = is_json;
    assert_null(problem_read_object(flow, &reply));
    assert_replied(reply, status, code);
}

static void test_bodies(void **state)
{
    struct next *reply = NULL;

    assert_not_read(*state, NULL, true, 400, "body_required");
    assert_not_read(*state, "", true, 400, "body_required");
    assert_not_read(*state, "{}", false, 415, "unsupported_media_type");
    assert_string_equal(played.accept, "application/json");
    assert_null(strstr(played.body, "merge-patch"));
    played.method = HTTP_PATCH;
    assert_not_read(*state, "{}", false, 415, "unsupported_media_type");
    assert_non_null(strstr(played.body, "application/merge-patch+json"));
    assert_not_read(*state, "{\"sesame\"", true, 400, "invalid_json");
    assert_null(strstr(played.body, "sesame"));
    assert_not_read(*state, "[]", true, 422, "validation_failed");
    assert_non_null(strstr(played.body, "\"pointer\":\"\",\"code\":\"wrong_type\""));
    played.request_body = "{\"a\":1}";
    json_t *object = problem_read_object(*state, &reply);
    assert_int_equal(json_integer_value(json_object_get(object, "a")), 1);
    assert_null(reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_members_stand_beside_the_standard_ones, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_failed_wait_on_postgresql, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_faults_are_listed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bodies, set_up, tear_down),
    };
    log_setup("test", LOG_FORMAT_LOGFMT, LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
