/* bare_server.c - the least that evhttp can do: every GET is answered with the same bytes. What the content of a share link
 * is measured against.
 *
 *     bare_server FILE      prints its port, and serves FILE until it is ended
 */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

static char body[4 * 1024 * 1024];
static size_t body_length;

static void answer(struct evhttp_request *request, void *arg)
{
    struct evbuffer *bytes = evbuffer_new();
    (void)arg;

    evbuffer_add(bytes, body, body_length);
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "application/json");
    evhttp_send_reply(request, 200, "OK", bytes);
    evbuffer_free(bytes);
}

static int port_of(struct evhttp_bound_socket *bound)
{
    struct sockaddr_in address = { 0 };
    socklen_t length = sizeof address;

    getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &length);
    return ntohs(address.sin_port);
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "rb") : NULL;
    struct event_base *base = event_base_new();
    struct evhttp *server = evhttp_new(base);
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(server, "127.0.0.1", 0);

    if (!file || !bound) {
        fprintf(stderr, "bare_server: give it a file that it can read\n");
        return 1;
    }
    /* Or it waits for acknowledgements between two parts of a reply; connections inherit it. */
    setsockopt(evhttp_bound_socket_get_fd(bound), IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    body_length = fread(body, 1, sizeof body, file);
    fclose(file);
    signal(SIGPIPE, SIG_IGN);
    evhttp_set_gencb(server, answer, NULL);
    printf("%d\n", port_of(bound));
    fflush(stdout);
    event_base_dispatch(base);
    return 0;
}
