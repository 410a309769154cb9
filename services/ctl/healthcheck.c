/* healthcheck.c - sharelink healthcheck: 0 when a daemon is ready (or answers 200 at another path), 1 when not. For HEALTHCHECK
 * of a container, so it needs nothing but a socket.
 */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

#include "common/base/str.h"
#include "common/http/listen.h"
#include "services/ctl/commands.h"

enum { UNHEALTHY = 1, TIMEOUT_S = 5 };

static bool is_listening(struct ctl *ctl, const char *listen);
static int ask(struct ctl *ctl, const char *listen);
static int connect_to(const char *host, const char *port);
static bool split_listen(char *listen, char **host, char **port);

int healthcheck(struct ctl *ctl, int argc, char **argv)
{
    const char *given = argc == 1 ? argv[0] : ctl_setting(ctl, "HEALTH_LISTEN");
    const char *listen = given ? NULL : ctl_setting(ctl, "LISTEN");

    if (argc > 1 || (!given && !listen)) {
        return ctl_fail(EX_USAGE, "usage: sharelink healthcheck [http://host:port[/path]] (or set SHARELINK_HEALTH_LISTEN or "
                                  "SHARELINK_LISTEN)");
    }
    if (given) {
        return ask(ctl, given);
    }
    /* A daemon that found its health listener's place taken is asked where its clients are. */
    const char *beside = http_listen_beside(ctl->arena, listen);
    return is_listening(ctl, beside) ? ask(ctl, beside) : ask(ctl, listen);
}

static bool is_listening(struct ctl *ctl, const char *listen)
{
    char *host, *port;
    int peer = split_listen(arena_strdup(ctl->arena, listen), &host, &port) ? connect_to(host, port) : -1;

    if (peer >= 0) {
        close(peer);
    }
    return peer >= 0;
}

static int ask(struct ctl *ctl, const char *listen)
{
    char *host, *port, answer[64] = "";
    char *address = arena_strdup(ctl->arena, str_starts_with(listen, "http://") ? listen + 7 : listen);
    const char *slash = strchr(address, '/'), *path = slash && slash[1] ? arena_strdup(ctl->arena, slash) : "/readyz";
    address[strcspn(address, "/")] = '\0';
    if (!split_listen(address, &host, &port)) {
        return ctl_fail(EX_USAGE, "%s is not host:port", listen);
    }
    int peer = connect_to(host, port);
    if (peer < 0) {
        return ctl_fail(UNHEALTHY, "nobody listens on %s", listen);
    }
    const char *request = arena_printf(ctl->arena, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, host);
    bool answered = write(peer, request, strlen(request)) > 0 && read(peer, answer, sizeof answer - 1) > 12;
    close(peer);
    return answered && strncmp(answer + 8, " 200", 4) == 0 ? EX_OK : ctl_fail(UNHEALTHY, "%s is not ready", listen);
}

/* address:port or [v6]:port; a daemon that listens on all addresses is asked on loopback. */
static bool split_listen(char *listen, char **host, char **port)
{
    char *colon = strrchr(listen, ':');

    if (!colon || !colon[1]) {
        return false;
    }
    *colon = '\0';
    *port = colon + 1;
    *host = listen;
    if (listen[0] == '[' && str_ends_with(listen, "]")) {
        listen[strlen(listen) - 1] = '\0';
        *host = listen + 1;
    }
    static char loopback4[] = "127.0.0.1", loopback6[] = "::1";
    *host = str_equal(*host, "0.0.0.0") ? loopback4 : str_equal(*host, "::") ? loopback6 : *host;
    return true;
}

static int connect_to(const char *host, const char *port)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    const struct timeval limit = { .tv_sec = TIMEOUT_S };
    struct addrinfo *found = NULL;
    int peer = -1;

    if (getaddrinfo(host, port, &hints, &found) != 0) {
        return -1;
    }
    for (const struct addrinfo *at = found; at && peer < 0; at = at->ai_next) {
        peer = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (peer >= 0) {
            setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
            setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
            if (connect(peer, at->ai_addr, at->ai_addrlen) < 0) {
                close(peer);
                peer = -1;
            }
        }
    }
    freeaddrinfo(found);
    return peer;
}
