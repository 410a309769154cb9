/* local_media.c - see the header. In a deployment the gateway sends the files; this serves `make run` and small set-ups. Whoever
 * sends, the answer is the same, so a file is looked at here before it is handed over, and what nginx would answer otherwise is
 * not.
 *
 * The kernel is asked to resolve the path below the folder (openat2 with RESOLVE_BENEATH), so no ".." and no link leads
 * out.
 */
#include "services/views/local_media.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/data/crypto.h"
#include "common/http/http.h"
#include "common/base/log.h"
#include "common/http/problem.h"
#include "common/base/str.h"

struct range {
    int64_t first, last; /* bytes, both included */
};
enum range_kind { RANGE_NONE, RANGE_GOOD, RANGE_UNSATISFIABLE };

static int open_file(struct flow *flow, const char *media_dir, const char *path, struct stat *status);
static const char *path_below(struct arena *arena, const char *media_dir, int file, const char *path);
static const char *internal_address(struct arena *arena, const char *prefix, const char *path);
static struct next *reply_unavailable(struct flow *flow);
static struct next *send_open(struct flow *flow, int file, const struct stat *status, const char *content_type);
static const char *tag_of(struct flow *flow, const struct stat *status);
static enum range_kind read_range(struct flow *flow, int64_t size, const char *tag, struct range *range);

struct next *local_media_reply(struct flow *flow, const char *media_dir, const char *path, const char *content_type)
{
    struct stat status;
    int file = open_file(flow, media_dir, path, &status);

    return file < 0 ? reply_unavailable(flow) : send_open(flow, file, &status, content_type);
}

struct next *local_media_hand_over(struct flow *flow, const char *media_dir, const char *path, const struct media_type *type,
                                   const char *prefix)
{
    struct stat status;

    if (media_dir) {
        int file = open_file(flow, media_dir, path, &status);
        if (file < 0) {
            return reply_unavailable(flow);
        }
        struct range range = { 0, status.st_size - 1 };
        const char *tag = tag_of(flow, &status);
        enum range_kind kind = read_range(flow, status.st_size, tag, &range);
        /* nginx reads Range in its own way where it is not one good range of a GET, and tells its fields twice with a 416. */
        if (http_method(flow) != HTTP_GET || kind == RANGE_UNSATISFIABLE || (kind == RANGE_NONE && http_header(flow, "Range"))) {
            return send_open(flow, file, &status, type->content_type);
        }
        path = path_below(flow->arena, media_dir, file, path);
        close(file);
        http_set_header(flow, "ETag", tag);
    }
    const char *address = internal_address(flow->arena, prefix, path);
    if (!address) {
        log_error("media.path_not_below", LOG_TEXT("request_id", flow->request_id));
        return reply_unavailable(flow);
    }
    http_unset_header(flow, "Content-Disposition");
    http_set_header(flow, "X-Media-Disposition", type->disposition); /* nginx says it of the file alone */
    http_set_header(flow, "X-Accel-Redirect", address);
    return http_reply(flow, 200, type->content_type, "", 0);
}

/* Where the open file really is below the folder: nginx follows no link, not even one that stays within. */
static const char *path_below(struct arena *arena, const char *media_dir, int file, const char *path)
{
    char link[32], *real = arena_alloc(arena, PATH_MAX), *root = realpath(media_dir, NULL);
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, real, PATH_MAX - 1);
    size_t root_length = root ? strlen(root) : 0;

    real[length < 0 ? 0 : length] = '\0';
    if (root && str_starts_with(real, root) && real[root_length] == '/') {
        path = real + root_length + 1;
    }
    free(root);
    return path;
}

/* nginx decodes it again. NULL for a path that would lead anywhere else. */
static const char *internal_address(struct arena *arena, const char *prefix, const char *path)
{
    struct buf address = { 0 };
    bool is_below = *path && *path != '/';

    buf_add_text(&address, prefix);
    for (const char *at = path; *at && is_below; at += strcspn(at, "/")) {
        at += *at == '/';
        size_t length = strcspn(at, "/");
        is_below = length > 0 && !(length == 1 && at[0] == '.') && !(length == 2 && at[0] == '.' && at[1] == '.');
        buf_add_char(&address, '/');
        for (size_t i = 0; i < length; i++) {
            unsigned char byte = (unsigned char)at[i];
            bool is_plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
                            strchr("-._~", byte);
            buf_printf(&address, is_plain ? "%c" : "%%%02X", byte);
        }
    }
    const char *text = is_below ? arena_strdup(arena, address.data) : NULL;
    buf_clear(&address);
    return text;
}

/* A regular file, or -1 with a line in the log. */
static int open_file(struct flow *flow, const char *media_dir, const char *path, struct stat *status)
{
    int file = local_media_open(media_dir, path);

    if (file < 0 || fstat(file, status) < 0 || !S_ISREG(status->st_mode)) {
        log_error("media.file_not_readable", LOG_TEXT("error", file < 0 ? strerror(errno) : "not a regular file"),
                  LOG_TEXT("request_id", flow->request_id));
        if (file >= 0) {
            close(file);
        }
        return -1;
    }
    return file;
}

static struct next *reply_unavailable(struct flow *flow)
{
    http_unset_header(flow, "Content-Disposition"); /* a browser would save what it is told now */
    return problem_reply(flow, 502, "media_unavailable", "This file cannot be fetched from where it is kept.");
}

static struct next *send_open(struct flow *flow, int file, const struct stat *status, const char *content_type)
{
    struct range range = { 0, status->st_size - 1 };
    int http_status = 200;
    const char *tag = tag_of(flow, status);
    http_set_header(flow, "ETag", tag);
    switch (read_range(flow, status->st_size, tag, &range)) {
    case RANGE_NONE:
        http_set_header(flow, "Accept-Ranges", "bytes");
        break;
    case RANGE_GOOD:
        http_status = 206;
        http_set_header(flow, "Content-Range",
                        arena_printf(flow->arena, "bytes %lld-%lld/%lld", (long long)range.first, (long long)range.last,
                                     (long long)status->st_size));
        break;
    case RANGE_UNSATISFIABLE:
        close(file);
        http_unset_header(flow, "ETag");
        http_unset_header(flow, "Content-Disposition");
        http_set_header(flow, "Content-Range", arena_printf(flow->arena, "bytes */%lld", (long long)status->st_size));
        return problem_reply(flow, 416, "range_not_satisfiable", "The file is shorter than that.");
    }
    return http_reply_file(flow, http_status, content_type, file, range.first, range.last - range.first + 1);
}

int local_media_open(const char *media_dir, const char *path)
{
    struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
    int directory = open(media_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (directory < 0) {
        return -1;
    }
    int file = (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
    int saved = errno;
    close(directory);
    errno = saved;
    return file;
}

/* Changes with the file, and tells nothing of it but that. */
static const char *tag_of(struct flow *flow, const struct stat *status)
{
    const int64_t made_of[] = { status->st_size, status->st_mtim.tv_sec, status->st_mtim.tv_nsec, (int64_t)status->st_ino };
    uint8_t digest[CRYPTO_HASH_SIZE];
    char text[23];

    crypto_hash(digest, made_of, sizeof made_of);
    str_base64url(text, digest, 16);
    return arena_printf(flow->arena, "\"%s\"", text);
}

/* One range of bytes. A list of ranges, another unit, another method than GET, or an If-Range that names another file (or a
 * time, which we never gave out) is answered with the whole file, as RFC 9110 allows. */
static enum range_kind read_range(struct flow *flow, int64_t size, const char *tag, struct range *range)
{
    const char *header = http_header(flow, "Range"), *same = http_header(flow, "If-Range");
    if (!header || !str_starts_with(header, "bytes=") || strchr(header, ',') || http_method(flow) != HTTP_GET ||
        (same && !str_equal(same, tag))) {
        return RANGE_NONE;
    }

    const char *text = header + 6, *dash = strchr(text, '-');
    int64_t first = -1, last = -1;
    bool has_first = dash && dash > text, has_last = dash && dash[1];
    if ((has_first && !str_parse_int(arena_strndup(flow->arena, text, (size_t)(dash - text)), 0, INT64_MAX, &first)) ||
        (has_last && !str_parse_int(dash + 1, 0, INT64_MAX, &last)) || (!has_first && !has_last) ||
        (has_first && has_last && last < first)) {
        return RANGE_NONE;
    }
    if (!has_first) { /* the last so many bytes */
        if (last == 0 || size == 0) {
            return RANGE_UNSATISFIABLE;
        }
        *range = (struct range){ last > size ? 0 : size - last, size - 1 };
        return RANGE_GOOD;
    }
    if (first >= size) {
        return RANGE_UNSATISFIABLE;
    }
    *range = (struct range){ first, has_last && last < size ? last : size - 1 };
    return RANGE_GOOD;
}
