/* words.c - see words.h: the table that is made of the catalogues, and the filling of its texts. */
#include "common/words/words.h"

#include <string.h>

#include "common/base/str.h"
#include "common/base/utf8.h"
#include "common/words/words_table.h"

#define ISOLATE     "\xE2\x81\xA8" /* U+2068, first strong isolate */
#define ISOLATE_END "\xE2\x81\xA9" /* U+2069 */

const struct words_catalogue words_catalogues[WORDS_LANGUAGES] = {
#include "words_table.inc"
};

enum form { FORM_TEXT, FORM_HTML };

static const char *fill(struct arena *arena, enum words_language language, enum words_key key, const struct words_value *values,
                        enum form form, const char *strong);
static const char *form_of(enum words_language language, enum words_key key, const struct words_value *values);
static bool is_one(enum words_language language, const char *count);
static const struct words_value *value_named(const struct words_value *values, const char *name, size_t length);
static void add_value(struct buf *text, const struct words_value *value);
static void add_text(struct buf *text, const char *from, size_t length, enum form form);
static void add_value_html(struct buf *text, const struct words_value *value, bool is_strong);
static bool runs_right_to_left(const char *text);

const char *words_text(enum words_language language, enum words_key key)
{
    return words_catalogues[language].entries[key].other;
}

const char *words_fill(struct arena *arena, enum words_language language, enum words_key key, const struct words_value *values)
{
    return fill(arena, language, key, values, FORM_TEXT, NULL);
}

const char *words_fill_html(struct arena *arena, enum words_language language, enum words_key key,
                            const struct words_value *values, const char *strong)
{
    return fill(arena, language, key, values, FORM_HTML, strong);
}

static const char *fill(struct arena *arena, enum words_language language, enum words_key key, const struct words_value *values,
                        enum form form, const char *strong)
{
    const char *from = form_of(language, key, values);
    struct buf text = { 0 };

    for (const char *open; (open = strchr(from, '{'));) {
        const char *close = strchr(open, '}'); /* it is there: catalogue_files.py */
        const struct words_value *value = value_named(values, open + 1, (size_t)(close - open - 1));
        add_text(&text, from, (size_t)(open - from), form);
        if (value && form == FORM_TEXT) {
            add_value(&text, value);
        } else if (value) {
            add_value_html(&text, value, strong && str_equal(value->name, strong));
        }
        from = close + 1;
    }
    add_text(&text, from, strlen(from), form);
    const char *filled = arena_strndup(arena, text.length > 0 ? text.data : "", text.length);
    buf_clear(&text);
    return filled;
}

static const char *form_of(enum words_language language, enum words_key key, const struct words_value *values)
{
    const struct words_entry *entry = &words_catalogues[language].entries[key];
    const struct words_value *count = entry->one ? value_named(values, "count", strlen("count")) : NULL;

    return count && is_one(language, count->text) ? entry->one : entry->other;
}

/* The rules of CLDR for whole numbers: in French, none is singular too. */
static bool is_one(enum words_language language, const char *count)
{
    return str_equal(count, "1") || (language == WORDS_FR && str_equal(count, "0"));
}

static const struct words_value *value_named(const struct words_value *values, const char *name, size_t length)
{
    while (values->name && !(strlen(values->name) == length && memcmp(values->name, name, length) == 0)) {
        values++;
    }
    return values->name && values->text ? values : NULL;
}

static void add_value(struct buf *text, const struct words_value *value)
{
    bool isolates = runs_right_to_left(value->text);

    buf_add_text(text, isolates ? ISOLATE : "");
    buf_add_text(text, value->text);
    buf_add_text(text, isolates ? ISOLATE_END : "");
}

static void add_text(struct buf *text, const char *from, size_t length, enum form form)
{
    static const char special[] = "&<>\"'";

    for (size_t i = 0; i < length; i++) {
        if (form == FORM_HTML && strchr(special, from[i])) {
            buf_add_html(text, (const char[]){ from[i], '\0' });
        } else {
            buf_add_char(text, from[i]);
        }
    }
}

static void add_value_html(struct buf *text, const struct words_value *value, bool is_strong)
{
    buf_add_text(text, is_strong ? "<bdi><strong>" : "<bdi>");
    buf_add_html(text, value->text);
    buf_add_text(text, is_strong ? "</strong></bdi>" : "</bdi>");
}

const char *words_isolated(struct arena *arena, const char *text)
{
    return runs_right_to_left(text) ? arena_printf(arena, "%s%s%s", ISOLATE, text, ISOLATE_END) : text;
}

/* Hebrew, Arabic and their neighbours (Unicode keeps these blocks for scripts that run so), and the mark U+200F. */
static bool runs_right_to_left(const char *text)
{
    size_t length = strlen(text);

    while (length > 0) {
        size_t plain = utf8_plain_length(text);
        text += plain;
        length -= plain;
        uint32_t code = 0;
        size_t size = length > 0 ? utf8_decode(text, length, &code) : 0;
        if ((code >= 0x0590 && code <= 0x08FF) || code == 0x200F || (code >= 0xFB1D && code <= 0xFDFF) ||
            (code >= 0xFE70 && code <= 0xFEFC) || (code >= 0x10800 && code <= 0x10FFF) || (code >= 0x1E800 && code <= 0x1EFFF)) {
            return true;
        }
        size = length > 0 && size == 0 ? 1 : size;
        text += size;
        length -= size;
    }
    return false;
}
