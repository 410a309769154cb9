/* html_page.c - see html_page.h. */
#include "common/pages/html_page.h"

#include <string.h>

#include "common/base/str.h"

static void add_value(struct buf *page, const char *name, const char *text);
static const char *value_of(const struct page_value *values, const char *name, size_t length);

void html_page_fill(struct buf *page, const char *template, const char *assets, const struct page_value *values)
{
    const char *from = template;
    const struct page_value own[] = { { "assets", assets }, { NULL, NULL } };

    for (const char *open; (open = strstr(from, "{{"));) {
        const char *close = strstr(open, "}}");
        buf_add(page, from, (size_t)(open - from));
        const char *text = value_of(own, open + 2, (size_t)(close - open - 2));
        add_value(page, open + 2, *text ? text : value_of(values, open + 2, (size_t)(close - open - 2)));
        from = close + 2;
    }
    buf_add_text(page, from);
}

static void add_value(struct buf *page, const char *name, const char *text)
{
    if (str_starts_with(name, "html_")) {
        buf_add_text(page, text);
    } else {
        buf_add_html(page, text);
    }
}

static const char *value_of(const struct page_value *values, const char *name, size_t length)
{
    while (values->name && !(strlen(values->name) == length && memcmp(values->name, name, length) == 0)) {
        values++;
    }
    return values->name && values->text ? values->text : "";
}
