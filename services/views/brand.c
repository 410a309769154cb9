/* brand.c - see the header. The style is made of digits that we have computed ourselves, never of what was set. */
#include "services/views/brand.h"

#include <string.h>

#include "common/base/buf.h"
#include "common/data/crypto.h"
#include "common/pages/accent.h"

static void add_scheme(struct buf *style, const struct accent_scheme *scheme);
static const char *base64(struct arena *arena, const uint8_t *bytes, size_t length);
static const char *kept(struct arena *arena, struct buf *text);

const char *brand_style(struct arena *arena, const struct brand *brand)
{
    struct accent accent;
    struct buf style = { 0 };

    if (!accent_of(brand->accent, &accent)) {
        return "";
    }
    add_scheme(&style, &accent.light);
    buf_add_text(&style, "@media (prefers-color-scheme:dark){");
    add_scheme(&style, &accent.dark);
    buf_add_text(&style, "}");
    return kept(arena, &style);
}

static void add_scheme(struct buf *style, const struct accent_scheme *scheme)
{
    buf_printf(style, ":root{--accent:%s;--on-accent:%s;--tint:%s}", scheme->accent, scheme->on_accent, scheme->tint);
}

const char *brand_style_source(struct arena *arena, const char *style)
{
    uint8_t digest[CRYPTO_SHA256_SIZE];

    crypto_sha256(digest, style, strlen(style));
    return arena_printf(arena, "'sha256-%s'", base64(arena, digest, sizeof digest));
}

/* With + and / and its padding, as the policy wants it (str_base64url is of another kind). */
static const char *base64(struct arena *arena, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct buf text = { 0 };

    for (size_t i = 0; i < length; i += 3) {
        size_t many = length - i < 3 ? length - i : 3;
        uint32_t group = (uint32_t)bytes[i] << 16 | (many > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) | (many > 2 ? bytes[i + 2] : 0);
        for (size_t digit = 0; digit < 4; digit++) {
            buf_add_char(&text, digit <= many ? digits[group >> (18 - 6 * digit) & 63] : '=');
        }
    }
    return kept(arena, &text);
}

const char *brand_mark(struct arena *arena, const struct brand *brand, const char *fallback)
{
    struct buf mark = { 0 };

    buf_add_text(&mark, "<p class=\"brand\" dir=\"auto\">");
    if (brand->logo) {
        buf_add_text(&mark, "<img src=\"/logos/");
        buf_add_html(&mark, brand->logo);
        buf_add_text(&mark, "\" alt=\"");
        buf_add_html(&mark, brand->name ? brand->name : "");
        buf_add_text(&mark, "\" height=\"40\">");
    } else {
        buf_add_html(&mark, brand->name ? brand->name : fallback);
    }
    buf_add_text(&mark, "</p>");
    return kept(arena, &mark);
}

static const char *kept(struct arena *arena, struct buf *text)
{
    const char *copy = arena_strndup(arena, text->data, text->length);

    buf_clear(text);
    return copy;
}
