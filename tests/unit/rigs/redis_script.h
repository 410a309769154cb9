/* redis_script.h - a server that speaks as much of Redis' protocol as a test tells it to: a reply per command's name.
 */
#ifndef SHARELINK_TESTS_REDIS_SCRIPT_H
#define SHARELINK_TESTS_REDIS_SCRIPT_H

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRIPT_HANG_UP "hang up"

struct script_line {
    const char *command; /* NULL ends the script; what is not in it is never answered */
    const char *reply;   /* as on the wire, or SCRIPT_HANG_UP */
};

struct script {
    const struct script_line *lines;
    struct evconnlistener *listener;
    struct bufferevent *clients[64];
    int connects;     /* so far */
    char heard[8192]; /* names of the commands, each with a blank behind it */
    char url[64];
};

static inline const char *script_reply(const struct script *script, const char *command)
{
    for (const struct script_line *line = script->lines; line->command; line++) {
        if (!strcmp(line->command, command)) {
            return line->reply;
        }
    }
    return "";
}

static inline void script_drop(struct script *script, struct bufferevent *client)
{
    for (int i = 0; i < 64; i++) {
        if (script->clients[i] == client) {
            script->clients[i] = NULL;
            bufferevent_free(client);
        }
    }
}

/* A whole command "*n\r\n$l\r\nword\r\n…" is in the buffer: its words, which hold no NUL in these tests. */
static inline int script_read_command(struct evbuffer *input, char *name, size_t size)
{
    size_t length = evbuffer_get_length(input), at = 0;
    const char *bytes = (const char *)evbuffer_pullup(input, -1);
    char *copy = malloc(length + 1);
    int words, is_whole = 0;

    memcpy(copy, bytes, length);
    copy[length] = '\0';
    if (sscanf(copy, "*%d\r\n", &words) == 1 && strstr(copy, "\r\n")) {
        at = (size_t)(strstr(copy, "\r\n") + 2 - copy);
        is_whole = 1;
        for (int i = 0; i < words && is_whole; i++) {
            unsigned long word = 0;
            char *end = at < length ? strstr(copy + at, "\r\n") : NULL;
            is_whole = end && sscanf(copy + at, "$%lu", &word) == 1 && (size_t)(end + 2 - copy) + word + 2 <= length;
            if (is_whole) {
                at = (size_t)(end + 2 - copy) + word + 2;
            }
            if (is_whole && i == 0) {
                snprintf(name, size, "%.*s", (int)word, end + 2);
            }
        }
    }
    if (is_whole) {
        evbuffer_drain(input, at);
    }
    free(copy);
    return is_whole;
}

static inline void script_hear(struct bufferevent *client, void *arg)
{
    struct script *script = arg;
    char name[64];

    while (evbuffer_get_length(bufferevent_get_input(client)) &&
           script_read_command(bufferevent_get_input(client), name, sizeof name)) {
        const char *reply = script_reply(script, name);
        size_t length = strlen(script->heard);
        snprintf(script->heard + length, sizeof script->heard - length, "%s ", name);
        if (!strcmp(reply, SCRIPT_HANG_UP)) {
            script_drop(script, client);
            return;
        }
        bufferevent_write(client, reply, strlen(reply));
    }
}

static inline void script_lost(struct bufferevent *client, short what, void *arg)
{
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
        script_drop(arg, client);
    }
}

static inline void script_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int length,
                                 void *arg)
{
    struct script *script = arg;
    struct bufferevent *client = bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
    (void)address;
    (void)length;

    script->connects++;
    for (int i = 0; i < 64; i++) {
        if (!script->clients[i]) {
            script->clients[i] = client;
            bufferevent_setcb(client, script_hear, NULL, script_lost, script);
            bufferevent_enable(client, EV_READ | EV_WRITE);
            return;
        }
    }
    bufferevent_free(client);
}

static inline void script_start(struct script *script, struct event_base *base, const struct script_line *lines)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof address;

    memset(script, 0, sizeof *script);
    script->lines = lines;
    script->listener = evconnlistener_new_bind(base, script_accept, script, LEV_OPT_CLOSE_ON_FREE, 16,
                                               (struct sockaddr *)&address, sizeof address);
    getsockname(evconnlistener_get_fd(script->listener), (struct sockaddr *)&address, &length);
    snprintf(script->url, sizeof script->url, "redis://127.0.0.1:%d", ntohs(address.sin_port));
}

static inline void script_stop(struct script *script)
{
    evconnlistener_free(script->listener);
    for (int i = 0; i < 64; i++) {
        if (script->clients[i]) {
            script_drop(script, script->clients[i]);
        }
    }
}

#endif
