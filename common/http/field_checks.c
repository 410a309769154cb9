/* field_checks.c - the checks of fields.h that several services need. */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/str.h"
#include "common/data/id.h"
#include "common/data/idn.h"
#include "common/http/fields.h"

static bool is_time_zone_file(const char *name);
static const char *check_url(const char *text, const char *scheme);

const char *fields_check_email(const char *text)
{
    struct arena *arena = arena_new();
    bool can_be_mailed = str_is_mail_address(text) && idn_mail_address(arena, text);

    arena_free(arena);
    return can_be_mailed ? NULL : "This must be one mail address such as ana@example.com.";
}

const char *fields_check_time_zone(const char *text)
{
    static const char wrong[] = "This must be a time zone of the IANA database such as Europe/Berlin.";
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    size_t length = strlen(text);

    if (strcmp(text, "UTC") == 0) {
        return NULL; /* also where the database is not installed */
    }
    /* Without a dot among the allowed bytes there is no way up. */
    if (length == 0 || length > 64 || strspn(text, allowed) != length || text[0] == '/' || text[length - 1] == '/') {
        return wrong;
    }
    if (str_starts_with(text, "posix/") || str_starts_with(text, "right/") || str_equal(text, "localtime") ||
        str_equal(text, "posixrules")) {
        return wrong;
    }
    return is_time_zone_file(text) ? NULL : wrong;
}

static bool is_time_zone_file(const char *name)
{
    const char *directory = getenv("TZDIR");
    char path[4096], magic[4];
    struct stat about;

    int length = snprintf(path, sizeof path, "%s/%s", directory && *directory ? directory : "/usr/share/zoneinfo", name);
    if (length < 0 || (size_t)length >= sizeof path) {
        return false;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return false;
    }
    bool is_zone = fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && read(fd, magic, sizeof magic) == (ssize_t)sizeof magic &&
                   memcmp(magic, "TZif", sizeof magic) == 0;
    close(fd);
    return is_zone;
}

const char *fields_check_https_url(const char *text)
{
    return check_url(text, "https://");
}

const char *fields_check_http_url(const char *text)
{
    return check_url(text, "http://");
}

static const char *check_url(const char *text, const char *scheme)
{
    static const char wrong[] =
        "This must be a URL such as https://example.com/path, at most 2048 bytes, without user and password.";
    static const char host_bytes[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-";
    int64_t port;

    if (strlen(text) > 2048 || !str_starts_with(text, scheme) || str_has_control(text, false) || strpbrk(text, " \"<>\\^`{|}")) {
        return wrong;
    }
    const char *host = text + strlen(scheme);
    bool is_v6 = *host == '[';
    size_t length = is_v6 ? strspn(host + 1, "0123456789abcdefABCDEF:.") + 2 : strspn(host, host_bytes);
    if (length == 0 || length > 253 || *host == '.' || *host == '-' || (is_v6 && (length < 4 || host[length - 1] != ']'))) {
        return wrong;
    }
    const char *rest = host + length;
    if (*rest == ':') {
        char digits[6] = { 0 };
        size_t count = strspn(rest + 1, "0123456789");
        if (count == 0 || count >= sizeof digits) {
            return wrong;
        }
        memcpy(digits, rest + 1, count);
        if (!str_parse_int(digits, 1, 65535, &port)) {
            return wrong;
        }
        rest += 1 + count;
    }
    return !*rest || strchr("/?#", *rest) ? NULL : wrong;
}

const char *fields_check_origin(const char *text)
{
    bool has_more = strlen(text) > strlen("https://") && strpbrk(text + strlen("https://"), "/?#");

    return has_more || fields_check_https_url(text)
               ? "This must be an origin such as https://ats.example: https, host and port, nothing after them."
               : NULL;
}

const char *fields_check_framing_origin(const char *text)
{
    static const char *const loopback[] = { "http://localhost", "http://127.0.0.1", "http://[::1]" };

    for (size_t i = 0; i < sizeof loopback / sizeof loopback[0]; i++) {
        const char *rest = text + strlen(loopback[i]);
        if (str_starts_with(text, loopback[i]) && (*rest == ':' || !*rest) && !strpbrk(rest, "/?#") &&
            !fields_check_http_url(text)) {
            return NULL;
        }
    }
    return fields_check_origin(text);
}

const char *fields_canonical_origin(struct arena *arena, const char *text)
{
    const char *origin = fields_in_small_letters(arena, text);
    const char *port = str_starts_with(origin, "https://") ? ":443" : ":80";

    return str_ends_with(origin, port) ? arena_strndup(arena, origin, strlen(origin) - strlen(port)) : origin;
}

const char *fields_check_colour(const char *text)
{
    bool is_colour = text[0] == '#' && strlen(text) == 7 && strspn(text + 1, "0123456789abcdefABCDEF") == 6;

    return is_colour ? NULL : "This must be a colour such as #1a73e8.";
}

const char *fields_in_small_letters(struct arena *arena, const char *text)
{
    char *small = arena_strdup(arena, text);

    for (char *at = small; *at; at++) {
        *at = (char)tolower((unsigned char)*at);
    }
    return small;
}

const char *fields_check_external_id(const char *text)
{
    return id_is_external(text) ? NULL : "This must be 1 to 128 of A-Z a-z 0-9 . _ : and -, and not . or .. alone.";
}

const char *fields_check_share_link_id(const char *text)
{
    return id_is(text, "lnk_") ? NULL : "This must be the id of a share link.";
}

const char *fields_check_reviewer_id(const char *text)
{
    return id_is(text, "rvw_") ? NULL : "This must be the id of a reviewer.";
}
