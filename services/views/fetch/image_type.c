/* image_type.c - see the header. SVG is a document that may hold scripts and load others: it is refused. */
#include "services/views/fetch/image_type.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* A part of the bytes, from the beginning or, below 0, from the end. */
struct mark {
    long at;
    const char *bytes;
    size_t length;
};

static bool has_mark(const char *bytes, size_t length, const struct mark *mark)
{
    size_t at = mark->at < 0 ? length + (size_t)mark->at : (size_t)mark->at;

    return length >= mark->length + (mark->at < 0 ? 0 : at) && at <= length && memcmp(bytes + at, mark->bytes, mark->length) == 0;
}

#define MARK(at, text)                                                                                                           \
    {                                                                                                                            \
        at, text, sizeof text - 1                                                                                                \
    }

static const struct {
    const char *type;
    struct mark marks[3];
} images[] = {
    { "image/png", { MARK(0, "\x89PNG\r\n\x1A\n"), MARK(12, "IHDR"), MARK(-8, "IEND") } },
    { "image/jpeg", { MARK(0, "\xFF\xD8\xFF"), MARK(-2, "\xFF\xD9"), { 0 } } },
    { "image/webp", { MARK(0, "RIFF"), MARK(8, "WEBPVP8"), { 0 } } },
    { "image/gif", { MARK(0, "GIF87a"), MARK(-1, ";"), { 0 } } },
    { "image/gif", { MARK(0, "GIF89a"), MARK(-1, ";"), { 0 } } },
};

const char *image_type_of(const char *bytes, size_t length, const char **fault)
{
    bool is_begun = false;

    for (size_t i = 0; i < sizeof images / sizeof images[0]; i++) {
        const struct mark *marks = images[i].marks;
        bool has_all = length >= 32 && has_mark(bytes, length, &marks[0]);
        is_begun = is_begun || (length >= 4 && has_mark(bytes, length, &marks[0]));
        for (size_t m = 1; has_all && m < 3 && marks[m].bytes; m++) {
            has_all = has_mark(bytes, length, &marks[m]);
        }
        if (has_all) {
            return images[i].type;
        }
    }
    size_t head = length < 1000 ? length : 1000;
    if (is_begun) {
        *fault = "the image is not whole";
    } else if (memmem(bytes, head, "<svg", 4) || memmem(bytes, head, "<SVG", 4)) {
        *fault = "SVG is not taken: use PNG, JPEG, WebP or GIF";
    } else {
        *fault = "it is no PNG, JPEG, WebP or GIF";
    }
    return NULL;
}
