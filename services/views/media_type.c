/* media_type.c - see the header. Types are taken from a list, never from the store: HTML, SVG and whatever else could hold a
 * script go out as bytes to be saved.
 */
#include "services/views/media_type.h"

#include <string.h>
#include <strings.h>

#include "common/base/str.h"
#include "common/data/text.h"

#define SHOWN "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
/* A sandbox would keep browsers from showing it at all; their viewers run none of its scripts in our name. */
#define SHOWN_PDF                                                                                                                \
    "default-src 'none'; object-src 'self'; img-src 'self' data: blob:; style-src 'unsafe-inline'; frame-ancestors 'none'"
#define SAVED "default-src 'none'; sandbox; frame-ancestors 'none'"

struct known {
    const char *ending, *content_type;
};

static const struct known *find(const char *path);
static const char *disposition(struct flow *flow, const char *how, const char *file_name);

struct media_type media_type_of(struct flow *flow, const char *path, const char *file_name)
{
    const struct known *known = find(path);

    if (!known) {
        return (struct media_type){ "application/octet-stream", disposition(flow, "attachment", file_name), SAVED };
    }
    bool is_pdf = str_equal(known->content_type, "application/pdf");
    return (struct media_type){ known->content_type, disposition(flow, "inline", file_name), is_pdf ? SHOWN_PDF : SHOWN };
}

static const struct known *find(const char *path)
{
    static const struct known types[] = {
        { ".mp4", "video/mp4" },       { ".m4v", "video/mp4" },   { ".webm", "video/webm" },
        { ".mov", "video/quicktime" }, { ".mp3", "audio/mpeg" },  { ".m4a", "audio/mp4" },
        { ".ogg", "audio/ogg" },       { ".oga", "audio/ogg" },   { ".opus", "audio/ogg" },
        { ".wav", "audio/wav" },       { ".aac", "audio/aac" },   { ".vtt", "text/vtt; charset=utf-8" },
        { ".jpg", "image/jpeg" },      { ".jpeg", "image/jpeg" }, { ".png", "image/png" },
        { ".gif", "image/gif" },       { ".webp", "image/webp" }, { ".avif", "image/avif" },
        { ".pdf", "application/pdf" },
    };
    const char *ending = strrchr(path, '.');

    for (size_t i = 0; ending && i < sizeof types / sizeof types[0]; i++) {
        if (strcasecmp(ending, types[i].ending) == 0) {
            return &types[i];
        }
    }
    return NULL;
}

/* The name in RFC 6266's form for any script; a plain one for clients that know no better. */
static const char *disposition(struct flow *flow, const char *how, const char *file_name)
{
    struct buf value = { 0 };

    buf_add_text(&value, how);
    if (file_name) {
        buf_add_text(&value, "; filename=\"resume\"; filename*=UTF-8''");
        /* Mended when it was stored, unless a release did not do so yet; an override of direction shows a name that ends in exe
         * as one that ends in pdf. */
        file_name = text_mend(flow->arena, file_name, TEXT_ONE_LINE);
        for (const unsigned char *at = (const unsigned char *)file_name; *at; at++) {
            bool plain =
                (*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z') || strchr("-._", *at);
            buf_printf(&value, plain ? "%c" : "%%%02X", *at);
        }
    }
    const char *text = arena_strdup(flow->arena, value.data);
    buf_clear(&value);
    return text;
}
