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

#include "common/http.h"
#include "common/log.h"
#include "common/problem.h"
#include "common/str.h"

struct range {
    int64_t first, last; /* bytes, both included */
};
enum range_kind { RANGE_NONE, RANGE_GOOD, RANGE_UNSATISFIABLE };

static int open_beneath(const char *folder, const char *path);
static const char *content_type_of(const char *path);
static enum range_kind read_range(struct flow *flow, int64_t size, struct range *range);
static const char *disposition(struct flow *flow, const char *file_name);

struct next *local_media_reply(struct flow *flow, const char *media_dir, const char *path, const char *file_name)
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
    http_set_header(flow, "Accept-Ranges", "bytes");
    switch (read_range(flow, status.st_size, &range)) {
    case RANGE_NONE:
        break;
    case RANGE_GOOD:
        http_status = 206;
        http_set_header(flow, "Content-Range", arena_printf(flow->arena, "bytes %lld-%lld/%lld", (long long)range.first,
                                                            (long long)range.last, (long long)status.st_size));
        break;
    case RANGE_UNSATISFIABLE:
        close(file);
        http_set_header(flow, "Content-Range", arena_printf(flow->arena, "bytes */%lld", (long long)status.st_size));
        return problem_reply(flow, 416, "range_not_satisfiable", "The file is shorter than that.");
    }
    if (file_name) {
        http_set_header(flow, "Content-Disposition", disposition(flow, file_name));
    }
    return http_reply_file(flow, http_status, content_type_of(path), file, range.first, range.last - range.first + 1);
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

static const char *content_type_of(const char *path)
{
    static const struct {
        const char *suffix, *type;
    } types[] = {
        { ".mp4", "video/mp4" },   { ".webm", "video/webm" }, { ".mp3", "audio/mpeg" },     { ".m4a", "audio/mp4" },
        { ".ogg", "audio/ogg" },   { ".vtt", "text/vtt; charset=utf-8" }, { ".jpg", "image/jpeg" }, { ".jpeg", "image/jpeg" },
        { ".png", "image/png" },   { ".webp", "image/webp" }, { ".pdf", "application/pdf" },
    };

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (str_ends_with(path, types[i].suffix)) {
            return types[i].type;
        }
    }
    return "application/octet-stream";
}

/* One range of bytes; a list of ranges, or another unit, is answered with the whole file, as the RFC allows. */
static enum range_kind read_range(struct flow *flow, int64_t size, struct range *range)
{
    const char *header = http_header(flow, "Range");
    if (!header || !str_starts_with(header, "bytes=") || strchr(header, ',')) {
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

/* The name in RFC 6266's form for any script; a plain one for clients that know no better. */
static const char *disposition(struct flow *flow, const char *file_name)
{
    struct buf value = { 0 };

    buf_add_text(&value, "inline; filename=\"resume\"; filename*=UTF-8''");
    for (const unsigned char *at = (const unsigned char *)file_name; *at; at++) {
        bool plain = (*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z') || strchr("-._", *at);
        buf_printf(&value, plain ? "%c" : "%%%02X", *at);
    }
    const char *text = arena_strdup(flow->arena, value.data);
    buf_clear(&value);
    return text;
}
