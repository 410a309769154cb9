/* smtp_wire.c - see the header. Texts of the server are not kept: they quote addresses. */
#include "common/mail/smtp_wire.h"

#include <ctype.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/mail/curl_must.h"

static int hear_protocol(CURL *curl, curl_infotype type, char *data, size_t size, void *arg);
static void note_command(struct smtp_wire *wire, const char *line, size_t length);
static void note_content(struct smtp_wire *wire, const char *data, size_t size);
static bool has_hung_up(const struct smtp_wire *wire);
static size_t hear_reply(char *line, size_t size, size_t count, void *arg);
static void copy_enhanced(char to[SMTP_ENHANCED_SIZE], const char *text, size_t length);
static size_t drop_output(char *data, size_t size, size_t count, void *arg);
static int note_socket(void *arg, curl_socket_t socket, curlsocktype purpose);
static int close_socket(void *arg, curl_socket_t socket);

void smtp_wire_attach(struct smtp_wire *wire, CURL *curl)
{
    curl_must(curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L)); /* else hear_protocol hears nothing */
    curl_must(curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, hear_protocol));
    curl_must(curl_easy_setopt(curl, CURLOPT_DEBUGDATA, wire));
    curl_must(curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, hear_reply));
    curl_must(curl_easy_setopt(curl, CURLOPT_HEADERDATA, wire));
    curl_must(curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, drop_output));
    curl_must(curl_easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, note_socket));
    curl_must(curl_easy_setopt(curl, CURLOPT_SOCKOPTDATA, wire));
    curl_must(curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, close_socket));
    curl_must(curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, wire));
}

void smtp_wire_begin(struct smtp_wire *wire)
{
    wire->stage = SMTP_GREETING;
    wire->last_code = 0;
    wire->has_quit = false;
    wire->content_begun = false;
    wire->content_ended = false;
    wire->tail_length = 0;
    wire->has_lapsed = false;
    wire->enhanced[0] = '\0';
}

bool smtp_wire_is_late(const struct smtp_wire *wire)
{
    return wire->good_until_us && clock_boot_us() >= *wire->good_until_us;
}

static int hear_protocol(CURL *curl, curl_infotype type, char *data, size_t size, void *arg)
{
    struct smtp_wire *wire = arg;
    (void)curl;

    if (type == CURLINFO_HEADER_OUT) {
        note_command(wire, data, size);
    } else if (type == CURLINFO_DATA_OUT && wire->content_begun) {
        note_content(wire, data, size);
    }
    return 0;
}

static void note_command(struct smtp_wire *wire, const char *line, size_t length)
{
    static const struct {
        const char *verb;
        enum smtp_stage stage;
    } commands[] = {
        { "EHLO ", SMTP_EHLO },      { "HELO ", SMTP_EHLO },    { "STARTTLS\r\n", SMTP_STARTTLS }, { "AUTH ", SMTP_AUTH },
        { "MAIL FROM:", SMTP_MAIL }, { "RCPT TO:", SMTP_RCPT }, { "DATA\r\n", SMTP_DATA },
    };

    if (length == 6 && memcmp(line, "QUIT\r\n", 6) == 0) {
        wire->has_quit = true; /* the stage stays: it is where things went wrong */
        smtp_wire_stop_listening(wire);
        return;
    }

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        size_t verb_length = strlen(commands[i].verb);
        if (length >= verb_length && memcmp(line, commands[i].verb, verb_length) == 0) {
            wire->stage = commands[i].stage;
            wire->enhanced[0] = '\0';
        }
    }
}

/* The content ends with the last boundary, "…--" and a line's end; what libcurl sends behind it is the dot alone, and newer ones
 * tell of that, too. Who hung up before that has not taken the mail. */
static void note_content(struct smtp_wire *wire, const char *data, size_t size)
{
    size_t kept = size < SMTP_TAIL_SIZE ? SMTP_TAIL_SIZE - size : 0, added = size < SMTP_TAIL_SIZE ? size : SMTP_TAIL_SIZE;

    if (kept < wire->tail_length) {
        memmove(wire->tail, wire->tail + wire->tail_length - kept, kept);
        wire->tail_length = kept;
    }
    memcpy(wire->tail + wire->tail_length, data + size - added, added);
    wire->tail_length += added;
    bool is_end = wire->tail_length >= 4 && memcmp(wire->tail + wire->tail_length - 4, "--\r\n", 4) == 0;
    bool is_dot = wire->tail_length >= 5 && memcmp(wire->tail + wire->tail_length - 5, "\r\n.\r\n", 5) == 0;
    wire->content_ended = is_dot ? wire->content_ended || !has_hung_up(wire) : is_end && !has_hung_up(wire);
}

static bool has_hung_up(const struct smtp_wire *wire)
{
    for (int i = 0; i < wire->socket_count; i++) {
        struct pollfd socket = { .fd = wire->sockets[i], .events = POLLRDHUP };
        if (poll(&socket, 1, 0) > 0 && socket.revents) {
            return true;
        }
    }
    return false;
}

/* A line of a reply: "550 5.1.1 text" or "550-5.1.1 text". */
static size_t hear_reply(char *line, size_t size, size_t count, void *arg)
{
    struct smtp_wire *wire = arg;
    size_t length = size * count;

    if (wire->has_quit || length < 4 || !isdigit((unsigned char)line[0]) || !isdigit((unsigned char)line[1]) ||
        !isdigit((unsigned char)line[2])) {
        return length;
    }
    wire->last_code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    copy_enhanced(wire->enhanced, line + 4, length - 4);
    if (wire->stage == SMTP_DATA && wire->last_code == 354) {
        wire->stage = SMTP_CONTENT;
        wire->has_lapsed = smtp_wire_is_late(wire);
        wire->content_begun = !wire->has_lapsed;
    }
    return wire->has_lapsed ? 0 : length; /* 0: libcurl closes the connection, and the server forgets the mail */
}

/* RFC 2034: class "." subject "." detail; "" when the text begins with anything else. */
static void copy_enhanced(char to[SMTP_ENHANCED_SIZE], const char *text, size_t length)
{
    size_t at = 0;

    to[0] = '\0';
    for (int part = 0; part < 3; part++) {
        size_t digits = 0;
        if (part > 0 && (at >= length || text[at++] != '.')) {
            return;
        }
        while (at < length && isdigit((unsigned char)text[at])) {
            at++;
            digits++;
        }
        if (digits < 1 || digits > (part == 0 ? 1 : 3)) {
            return;
        }
    }
    if (at < length && !isspace((unsigned char)text[at])) {
        return;
    }
    memcpy(to, text, at);
    to[at] = '\0';
}

static size_t drop_output(char *data, size_t size, size_t count, void *arg)
{
    (void)data;
    (void)arg;
    return size * count;
}

static int note_socket(void *arg, curl_socket_t socket, curlsocktype purpose)
{
    struct smtp_wire *wire = arg;
    (void)purpose;

    if (wire->socket_count < SMTP_SOCKETS_MAX) {
        wire->sockets[wire->socket_count++] = socket;
    }
    return CURL_SOCKOPT_OK;
}

static int close_socket(void *arg, curl_socket_t socket)
{
    struct smtp_wire *wire = arg;

    for (int i = 0; i < wire->socket_count; i++) {
        if (wire->sockets[i] == socket) {
            wire->sockets[i] = wire->sockets[--wire->socket_count];
            break;
        }
    }
    return close(socket);
}

void smtp_wire_stop_listening(struct smtp_wire *wire)
{
    for (int i = 0; i < wire->socket_count; i++) {
        shutdown(wire->sockets[i], SHUT_RD);
    }
}
