/* fetch.c - see the header. The multi interface drives its sockets by our events and one timer; libcurl's threads resolve
 * names. No function of curl's is called from inside a callback of the multi's.
 */
#include "common/fetch/fetch.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/data/networks.h"
#include "common/base/str.h"
#include "common/fetch/ports.h"
#include "common/loop/timer.h"

enum { URL_MAX = 2048, CONNECTIONS_KEPT = 64 };

struct fetch_pool {
    struct event_base *base;
    struct fetch_options options;
    struct networks *allowed;
    CURLM *multi;
    struct event *timer;
    LIST_HEAD(, fetch) under_way;
};

struct fetch {
    LIST_ENTRY(fetch) under_way;
    struct fetch_pool *pool;
    CURL *easy;
    struct curl_slist *headers;
    fetch_done *done;
    void *arg;
    size_t received, answer_max;
    bool keeps_body;
    struct buf body;
    int64_t retry_after_s;
    const _Atomic int64_t *good_until_us;
    bool has_reached; /* some server that it may reach was being connected to, or was connected */
    bool too_long, has_lapsed;
    char error[CURL_ERROR_SIZE];
};

static int on_timer_wanted(CURLM *multi, long timeout_ms, void *arg);
static void on_timer(evutil_socket_t fd, short what, void *arg);
static int on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg);
static void on_socket(evutil_socket_t fd, short what, void *arg);
static void collect_done(struct fetch_pool *pool);
static void finish(struct fetch *fetch, CURLcode code);
static const char *error_of(struct fetch *fetch, CURLcode code, char text[256]);
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address);
static void note_refused(const struct address *address, unsigned port);
static int begin_request(void *arg, char *to, char *from, int to_port, int from_port);
static size_t take_body(char *bytes, size_t size, size_t count, void *arg);
static size_t take_field(char *bytes, size_t size, size_t count, void *arg);
static struct fetch *fetch_new(struct fetch_pool *pool, const char *url, const char *const *headers, fetch_done *done, void *arg);
static void set_options(struct fetch *fetch, const char *url);
static void begin(struct fetch *fetch);
static bool may_connect(const struct fetch_pool *pool, const struct address *address);

struct fetch_pool *fetch_pool_new(struct event_base *base, const struct fetch_options *options)
{
    struct fetch_pool *pool = mem_alloc(sizeof *pool);

    curl_global_init(CURL_GLOBAL_DEFAULT);
    pool->base = base;
    LIST_INIT(&pool->under_way);
    pool->options = *options;
    pool->allowed = networks_new(options->allow_networks);
    pool->multi = curl_multi_init();
    pool->timer = evtimer_new(base, on_timer, pool);
    curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wanted);
    curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool);
    curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
    curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool);
    curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    return pool;
}

void fetch_pool_free(struct fetch_pool *pool)
{
    curl_multi_cleanup(pool->multi);
    event_free(pool->timer);
    networks_free(pool->allowed);
    free(pool);
}

void fetch_post(struct fetch_pool *pool, const char *url, const char *const *headers, const void *body, size_t length,
                const _Atomic int64_t *good_until_us, fetch_done *done, void *arg)
{
    struct fetch *fetch = fetch_new(pool, url, headers, done, arg);

    fetch->good_until_us = good_until_us;
    fetch->answer_max = pool->options.answer_max;
    fetch->headers = curl_slist_append(fetch->headers, "Expect:"); /* no pause for a 100 Continue */
    curl_easy_setopt(fetch->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(fetch->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length);
    curl_easy_setopt(fetch->easy, CURLOPT_COPYPOSTFIELDS, body);
    begin(fetch);
}

void fetch_get(struct fetch_pool *pool, const char *url, const char *const *headers, size_t answer_max, fetch_done *done,
               void *arg)
{
    struct fetch *fetch = fetch_new(pool, url, headers, done, arg);

    fetch->answer_max = answer_max;
    fetch->keeps_body = true;
    curl_easy_setopt(fetch->easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)answer_max);
    begin(fetch);
}

static struct fetch *fetch_new(struct fetch_pool *pool, const char *url, const char *const *headers, fetch_done *done, void *arg)
{
    struct fetch *fetch = mem_alloc(sizeof *fetch);

    fetch->pool = pool;
    fetch->done = done;
    fetch->arg = arg;
    for (; *headers; headers++) {
        fetch->headers = curl_slist_append(fetch->headers, *headers);
    }
    fetch->easy = curl_easy_init();
    set_options(fetch, url);
    return fetch;
}

static void begin(struct fetch *fetch)
{
    curl_easy_setopt(fetch->easy, CURLOPT_HTTPHEADER, fetch->headers);
    LIST_INSERT_HEAD(&fetch->pool->under_way, fetch, under_way);
    curl_multi_add_handle(fetch->pool->multi, fetch->easy); /* asks for the timer, and no more */
}

static void set_options(struct fetch *fetch, const char *url)
{
    const struct fetch_options *options = &fetch->pool->options;
    CURL *easy = fetch->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, fetch);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, fetch->error);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* a name that hangs does not hold the loop up */
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, options->user_agent);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)options->connect_limit_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)options->total_limit_ms);
    if (options->ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_file);
    }
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, fetch);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, begin_request);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, fetch);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, fetch);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_field);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, fetch);
}

static int on_timer_wanted(CURLM *multi, long timeout_ms, void *arg)
{
    struct fetch_pool *pool = arg;
    (void)multi;

    if (timeout_ms < 0) {
        evtimer_del(pool->timer);
    } else {
        timer_set(pool->timer, timeout_ms);
    }
    return 0;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct fetch_pool *pool = arg;
    int running;
    (void)fd;
    (void)what;

    curl_multi_socket_action(pool->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    collect_done(pool);
}

/* Each socket's event is kept with the multi; libcurl tells of every change before the socket is closed. */
static int on_socket_wanted(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct fetch_pool *pool = arg;
    struct event *event = socket_arg;
    (void)easy;

    if (event) {
        event_free(event);
    }
    if (what == CURL_POLL_REMOVE) {
        curl_multi_assign(pool->multi, fd, NULL);
        return 0;
    }
    short events = (short)(EV_PERSIST | (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
    event = event_new(pool->base, fd, events, on_socket, pool);
    event_add(event, NULL);
    curl_multi_assign(pool->multi, fd, event);
    return 0;
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
    struct fetch_pool *pool = arg;
    int events = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0), running;

    curl_multi_socket_action(pool->multi, fd, events, &running);
    collect_done(pool);
}

static void collect_done(struct fetch_pool *pool)
{
    const CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(pool->multi, &left))) {
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        struct fetch *fetch = NULL;
        if (message->msg == CURLMSG_DONE && curl_easy_getinfo(easy, CURLINFO_PRIVATE, &fetch) == CURLE_OK) {
            curl_multi_remove_handle(pool->multi, easy);
            finish(fetch, code);
        }
    }
}

static void finish(struct fetch *fetch, CURLcode code)
{
    struct fetch_result result = { .retry_after_s = fetch->retry_after_s, .has_lapsed = fetch->has_lapsed };
    char text[256];
    long status = 0;

    curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code == CURLE_OK) {
        result.status = (int)status;
        result.body = fetch->body.length ? fetch->body.data : "";
        result.length = fetch->body.length;
    } else {
        result.error = error_of(fetch, code, text);
    }
    LIST_REMOVE(fetch, under_way);
    fetch->done(fetch->arg, &result);
    curl_easy_cleanup(fetch->easy);
    curl_slist_free_all(fetch->headers);
    buf_clear(&fetch->body);
    free(fetch);
}

void fetch_pool_cancel(struct fetch_pool *pool)
{
    struct fetch *fetch;

    while ((fetch = LIST_FIRST(&pool->under_way))) {
        curl_multi_remove_handle(pool->multi, fetch->easy);
        finish(fetch, CURLE_ABORTED_BY_CALLBACK);
    }
}

static const char *error_of(struct fetch *fetch, CURLcode code, char text[256])
{
    /* Whoever made the URL learns nothing of what names mean inside: not what a name resolves to, nor whether it does. */
    if (!fetch->has_reached) {
        return "its host does not resolve, is not public, or has no web server at that port";
    }
    if (fetch->too_long || code == CURLE_FILESIZE_EXCEEDED) {
        return "the answer is too long";
    }
    snprintf(text, 256, "%s", fetch->error[0] ? fetch->error : curl_easy_strerror(code));
    return text;
}

/* The last word on where a connection goes: after the name was resolved, for each address that is tried. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct fetch *fetch = arg;
    struct address address = { .bytes = { [10] = 0xff, [11] = 0xff } };
    unsigned port;
    (void)purpose;

    if (to->family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, &to->addr, sizeof v4);
        memcpy(address.bytes + 12, &v4.sin_addr, 4);
        port = ntohs(v4.sin_port);
    } else if (to->family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, &to->addr, sizeof v6);
        memcpy(address.bytes, &v6.sin6_addr, 16);
        port = ntohs(v6.sin6_port);
    } else {
        return CURL_SOCKET_BAD;
    }
    if (!may_connect(fetch->pool, &address) || !port_may_be_http(port)) {
        note_refused(&address, port);
        return CURL_SOCKET_BAD;
    }
    fetch->has_reached = true;
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* For the operator, who may want it in WEBHOOK_ALLOW_NETWORKS or FETCH_ALLOW_NETWORKS. */
static void note_refused(const struct address *address, unsigned port)
{
    char text[ADDRESS_TEXT_SIZE];

    address_text(text, address);
    log_info("fetch.refused", LOG_TEXT("address", text), LOG_INT("port", port));
}

static bool may_connect(const struct fetch_pool *pool, const struct address *address)
{
    return address_is_public(address) || networks_hold_inner(pool->allowed, address);
}

/* There is a connection, and nothing of the request is on it. */
static int begin_request(void *arg, char *to, char *from, int to_port, int from_port)
{
    struct fetch *fetch = arg;
    (void)to;
    (void)from;
    (void)to_port;
    (void)from_port;

    fetch->has_reached = true;
    fetch->has_lapsed = fetch->good_until_us && clock_boot_us() >= *fetch->good_until_us;
    return fetch->has_lapsed ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *arg)
{
    struct fetch *fetch = arg;

    fetch->received += size * count;
    fetch->too_long = fetch->received > fetch->answer_max;
    if (fetch->too_long) {
        return 0;
    }
    if (fetch->keeps_body) {
        buf_add(&fetch->body, bytes, size * count);
    }
    return size * count;
}

static size_t take_field(char *bytes, size_t size, size_t count, void *arg)
{
    static const char name[] = "Retry-After:";
    struct fetch *fetch = arg;
    size_t length = size * count;

    if (length > strlen(name) && length < 64 && strncasecmp(bytes, name, strlen(name)) == 0) {
        char value[64] = "";
        memcpy(value, bytes + strlen(name), length - strlen(name));
        long wanted_s = strtol(value, NULL, 10);
        fetch->retry_after_s = wanted_s > 0 ? wanted_s : 0;
    }
    return length;
}

/* --- input --- */

static const char no_host[] = "This must name a host.";
static bool is_name(const char *host);

static const char *check_host(const struct fetch_pool *pool, CURLU *parts)
{
    const char *wrong = NULL;
    char *host = NULL;
    struct address address;

    if (curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK) {
        return no_host;
    }
    size_t length = strlen(host);
    bool bracketed = host[0] == '[' && host[length - 1] == ']';
    if (!bracketed && !is_name(host)) {
        wrong = no_host;
    }
    if (address_read(host + bracketed, length - (bracketed ? 2 : 0), &address)) {
        wrong =
            may_connect(pool, &address) ? NULL : "This must not be a private, loopback, link-local or otherwise special address.";
    }
    curl_free(host);
    return wrong;
}

/* Labels of letters, digits, "-" and "_" that are not empty; the last may be followed by a dot. */
static bool is_name(const char *host)
{
    size_t label = 0;

    for (const char *at = host; *at; at++) {
        if (*at == '.' ? label == 0 : !isalnum((unsigned char)*at) && *at != '-' && *at != '_') {
            return false;
        }
        label = *at == '.' ? 0 : label + 1;
    }
    return *host;
}

static const char *check_port(CURLU *parts)
{
    char *text = NULL;
    int64_t port;

    bool is_good = curl_url_get(parts, CURLUPART_PORT, &text, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                   str_parse_int(text, 0, 65535, &port) && port_may_be_http((unsigned)port);
    curl_free(text);
    return is_good ? NULL : "This must have a port that may be a web server's.";
}

static bool has_part(CURLU *parts, CURLUPart part)
{
    char *value = NULL;
    bool has = curl_url_get(parts, part, &value, 0) == CURLUE_OK;

    curl_free(value);
    return has;
}

const char *fetch_check_url(const struct fetch_pool *pool, const char *url)
{
    const char *wrong = NULL;

    if (strlen(url) > URL_MAX) {
        return "This must have at most 2048 bytes.";
    }
    if (strncasecmp(url, "https://", 8) != 0 && strncasecmp(url, "http://", 7) != 0) {
        return "This must begin with https:// or http://.";
    }
    /* libcurl would take the path's first part for it. */
    if (strchr("/?#:@", strchr(url, ':')[3])) {
        return no_host;
    }
    for (const char *at = url; *at; at++) {
        if (*at <= ' ' || *at >= 0x7f || *at == '\\' || *at == '"' || *at == '<' || *at == '>') {
            return "This must be a URL, without blanks, and in ASCII.";
        }
    }
    CURLU *parts = curl_url();
    if (curl_url_set(parts, CURLUPART_URL, url, CURLU_DISALLOW_USER) != CURLUE_OK) {
        wrong = "This must be a URL, without user or password.";
    } else if (has_part(parts, CURLUPART_FRAGMENT) || strchr(url, '#')) {
        wrong = "This must have no fragment.";
    } else {
        wrong = check_host(pool, parts);
        wrong = wrong ? wrong : check_port(parts);
    }
    curl_url_cleanup(parts);
    return wrong;
}
