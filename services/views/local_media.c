/* local_media.c - see the header. In a deployment the gateway sends the files; this serves `make run` and small set-ups.
 *
 * The kernel is asked to resolve the path below the folder (openat2 with RESOLVE_BENEATH), so no ".." and no link leads out.
 */
#include "services/views/local_media.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
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

static int open_beneath(const char *folder, const char *path);
static const char *tag_of(struct flow *flow, const struct stat *status);
static enum range_kind read_range(struct flow *flow, int64_t size, const char *tag, struct range *range);

struct next *local_media_reply(struct flow *flow, const char *media_dir, const char *path, const char *content_type)
{
    struct stat status;
    int file = open_beneath(media_dir, path);

    if (file < 0 || fstat(file, &status) < 0 || !S_ISREG(status.st_mode)) {
        log_error("media.file_not_readable", LOG_TEXT("error", file < 0 ? strerror(errno) : "not a regular file"),
                  LOG_TEXT("request_id", flow->request_id));
        if (file >= 0) {
            close(file);
        }
        return problem_reply(flow, 502, "media_unavailable", "This file cannot be fetched from where it is kept.");
    }
    struct range range = { 0, status.st_size - 1 };
    int http_status = 200;
    const char *tag = tag_of(flow, &status);
    http_set_header(flow, "Accept-Ranges", "bytes");
    http_set_header(flow, "ETag", tag);
    switch (read_range(flow, status.st_size, tag, &range)) {
    case RANGE_NONE:
        break;
    case RANGE_GOOD:
        http_status = 206;
        http_set_header(flow, "Content-Range",
                        arena_printf(flow->arena, "bytes %lld-%lld/%lld", (long long)range.first, (long long)range.last,
                                     (long long)status.st_size));
        break;
    case RANGE_UNSATISFIABLE:
        close(file);
        http_set_header(flow, "Content-Range", arena_printf(flow->arena, "bytes */%lld", (long long)status.st_size));
        return problem_reply(flow, 416, "range_not_satisfiable", "The file is shorter than that.");
    }
    return http_reply_file(flow, http_status, content_type, file, range.first, range.last - range.first + 1);
}

static int open_beneath(const char *folder, const char *path)
{
    struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
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
