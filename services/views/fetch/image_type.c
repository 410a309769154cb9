/* image_type.c - see the header. SVG is a document that may hold scripts and load others: it is refused. */
#include "services/views/fetch/image_type.h"

#include <stdbool.h>
#include <string.h>

struct mark {
    size_t at;
    const char *bytes;
    size_t length;
};

#define MARK(at, text)                                                                                                           \
    {                                                                                                                            \
        at, text, sizeof text - 1                                                                                                \
    }

static const struct {
    const char *type;
    struct mark marks[2];
} images[] = {
    { "image/png", { MARK(0, "\x89PNG\r\n\x1A\n"), MARK(12, "IHDR") } },
    { "image/jpeg", { MARK(0, "\xFF\xD8\xFF"), { 0 } } },
    { "image/webp", { MARK(0, "RIFF"), MARK(8, "WEBPVP8") } },
    { "image/gif", { MARK(0, "GIF87a"), { 0 } } },
    { "image/gif", { MARK(0, "GIF89a"), { 0 } } },
};

static bool has_mark(const char *bytes, size_t length, const struct mark *mark)
{
    return length >= mark->at + mark->length && (mark->length == 0 || memcmp(bytes + mark->at, mark->bytes, mark->length) == 0);
}

const char *image_type_of(const char *bytes, size_t length, const char **fault)
{
    size_t head = length < 1000 ? length : 1000;

    for (size_t i = 0; i < sizeof images / sizeof images[0]; i++) {
        if (has_mark(bytes, length, &images[i].marks[0]) && has_mark(bytes, length, &images[i].marks[1])) {
            return images[i].type;
        }
    }
    bool is_svg = memmem(bytes, head, "<svg", 4) != NULL;
    *fault = is_svg ? "SVG is not taken: use PNG, JPEG, WebP or GIF" : "it is no PNG, JPEG, WebP or GIF";
    return NULL;
}
