/* local_media.c - see the header. In a deployment the gateway sends the files; this serves `make run` and small set-ups. Whoever
 * sends, the answer is the same, so a file is looked at here before it is handed over, and ranges are read as nginx reads them.
 *
 * The kernel is asked to resolve the path below the folder (openat2 with RESOLVE_BENEATH), so no ".." leads out, and to follow
 * no link, as nginx does not.
 */
#include "services/views/local_media.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <strings.h>
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
static int open_beneath(const char *folder, const char *path);
static struct next *reply_unavailable(struct flow *flow);
static struct next *send_open(struct flow *flow, int file, const struct stat *status, const char *content_type);
static const char *tag_of(struct flow *flow, const struct stat *status);
static enum range_kind read_range(struct flow *flow, int64_t size, const char *tag, struct range *range);
static enum range_kind parse_ranges(const char *text, int64_t size, struct range *range);
static bool parse_one(const char **at, int64_t size, int64_t *first, int64_t *after);
static bool parse_number(const char **at, int64_t *number);

struct next *local_media_reply(struct flow *flow, const char *media_dir, const char *path, const char *content_type)
{
    struct stat status;
    int file = open_file(flow, media_dir, path, &status);

    return file < 0 ? reply_unavailable(flow) : send_open(flow, file, &status, content_type);
}

struct next *local_media_hand_over(struct flow *flow, const char *media_dir, const char *path, const struct media_type *type,
                                   const char *address)
{
    struct stat status;

    if (media_dir) {
        int file = open_file(flow, media_dir, path, &status);
        if (file < 0) {
            return reply_unavailable(flow);
        }
        struct range range = { 0, status.st_size - 1 };
        const char *tag = tag_of(flow, &status);
        /* nginx would heed the Range of a HEAD, which only a GET may have, and tell its fields twice with a 416. */
        if (http_method(flow) == HTTP_HEAD || read_range(flow, status.st_size, tag, &range) == RANGE_UNSATISFIABLE) {
            return send_open(flow, file, &status, type->content_type);
        }
        close(file);
        http_set_header(flow, "ETag", tag);
    }
    http_unset_header(flow, "Content-Disposition");
    http_set_header(flow, "X-Media-Disposition", type->disposition); /* nginx says it of the file alone */
    http_set_header(flow, "X-Accel-Redirect", address);
    return http_reply(flow, 200, type->content_type, "", 0);
}

/* A regular file, or -1 with a line in the log. */
static int open_file(struct flow *flow, const char *media_dir, const char *path, struct stat *status)
{
    int file = open_beneath(media_dir, path);

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

static int open_beneath(const char *folder, const char *path)
{
    struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS };
    int directory = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

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

/* One range of bytes. Several of them, another unit, another method than GET, or an If-Range that names another file (or a
 * time, which we never gave out) is answered with the whole file, as RFC 9110 allows. */
static enum range_kind read_range(struct flow *flow, int64_t size, const char *tag, struct range *range)
{
    const char *header = http_header(flow, "Range"), *same = http_header(flow, "If-Range");

    if (!header || strncasecmp(header, "bytes=", 6) != 0 || !header[6] || http_method(flow) != HTTP_GET ||
        (same && !str_equal(same, tag))) {
        return RANGE_NONE;
    }
    return parse_ranges(header + 6, size, range);
}

/* What is no list of ranges is as unsatisfiable as one beyond the end. */
static enum range_kind parse_ranges(const char *text, int64_t size, struct range *range)
{
    struct range found = *range;
    int good = 0;

    for (const char *at = text;; at++) {
        int64_t first = 0, after = 0;
        if (!parse_one(&at, size, &first, &after)) {
            return RANGE_UNSATISFIABLE;
        }
        if (first < after) {
            found = (struct range){ first, after - 1 };
            good++;
        } else if (first == 0) {
            return RANGE_NONE;
        }
        if (good > 1) {
            return RANGE_NONE;
        }
        if (!*at) {
            *range = found;
            return good ? RANGE_GOOD : RANGE_UNSATISFIABLE;
        }
    }
}

/* first-last, first- or -count, to the comma or the end; after is one more than the last. */
static bool parse_one(const char **at, int64_t size, int64_t *first, int64_t *after)
{
    *at += strspn(*at, " ");
    bool is_suffix = **at == '-';
    if (!is_suffix && !parse_number(at, first)) {
        return false;
    }
    *at += strspn(*at, " ");
    if (*(*at)++ != '-') {
        return false;
    }
    if (!is_suffix) {
        *at += strspn(*at, " ");
        if (!**at || **at == ',') {
            *after = size;
            return true;
        }
    }
    int64_t number;
    if (!parse_number(at, &number)) {
        return false;
    }
    *at += strspn(*at, " ");
    if (is_suffix) {
        *first = number < size ? size - number : 0;
        number = size - 1;
    }
    *after = number >= size ? size : number + 1;
    return !**at || **at == ',';
}

static bool parse_number(const char **at, int64_t *number)
{
    const char *from = *at;

    *number = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        if (__builtin_mul_overflow(*number, 10, number) || __builtin_add_overflow(*number, **at - '0', number)) {
            return false;
        }
    }
    return *at > from;
}
