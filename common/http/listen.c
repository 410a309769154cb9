/* listen.c - see listen.h. */
#include "common/http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/arena.h"
#include "common/base/str.h"

#define BACKLOG     1024
#define BESIDE_STEP 1000
#define SEND_BUFFER (128 * 1024) /* bytes; the kernel takes twice as much for its own needs */

static bool read_listen(const char *text, struct sockaddr_storage *address, socklen_t *length);

struct evconnlistener *http_listen(struct event_base *base, const char *address, const char **error)
{
    const unsigned flags = LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_FREE;
    const int on = 1, send_buffer = SEND_BUFFER;
    struct sockaddr_storage where;
    socklen_t length;

    if (!read_listen(address, &where, &length)) {
        *error = "not an address and port such as 127.0.0.1:8080 or [::1]:8080";
        return NULL;
    }
    struct evconnlistener *listener =
        evconnlistener_new_bind(base, NULL, NULL, flags, BACKLOG, (struct sockaddr *)&where, (int)length);
    if (!listener) {
        *error = strerror(errno);
        return NULL;
    }
    /* Inherited by what it accepts: the last segment of a long answer must not wait for an acknowledgement. */
    setsockopt(evconnlistener_get_fd(listener), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    /* Inherited, too: the kernel would take 4 MB for each that reads slowly, and what waits there is counted nowhere. */
    setsockopt(evconnlistener_get_fd(listener), SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
    return listener;
}

static bool read_listen(const char *text, struct sockaddr_storage *address, socklen_t *length)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    const char *colon = strrchr(text, ':');
    char host[64] = "";
    int64_t port;

    if (!colon || (size_t)(colon - text) >= sizeof host || !str_parse_int(colon + 1, 0, 65535, &port)) {
        return false;
    }
    memset(address, 0, sizeof *address);
    memcpy(host, text, (size_t)(colon - text));
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        *length = sizeof *v4;
        return true;
    }
    size_t host_length = strlen(host);
    if (host_length < 2 || host[0] != '[' || host[host_length - 1] != ']') {
        return false;
    }
    host[host_length - 1] = '\0';
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons((uint16_t)port);
    *length = sizeof *v6;
    return inet_pton(AF_INET6, host + 1, &v6->sin6_addr) == 1;
}

int http_listen_port(struct evconnlistener *listener)
{
    struct sockaddr_storage address = { 0 };
    socklen_t length = sizeof address;

    getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&address, &length);
    if (address.ss_family == AF_INET6) {
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    }
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}

const char *http_listen_beside(struct arena *arena, const char *address)
{
    const char *colon = strrchr(address, ':');
    int64_t port;

    if (!colon || !str_parse_int(colon + 1, 1, 65535, &port)) {
        return address;
    }
    port += port + BESIDE_STEP <= 65535 ? BESIDE_STEP : -BESIDE_STEP;
    return arena_printf(arena, "%.*s:%d", (int)(colon - address), address, (int)port);
}
