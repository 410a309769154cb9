/* markdown.c - CommonMark by libcmark, made safe for mails.
 *
 * The source is parsed with its placeholders still in it; then the tree is made safe (HTML becomes text, images become
 * their descriptions) and the values go into its texts, where nothing parses them any more; then it is rendered. Links
 * are judged last, with the values in them. All walks are libcmark's iterator: the depth of a message costs no stack.
 */
#include "common/data/markdown.h"

#include <cmark.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/str.h"
#include "common/data/markdown_plain.h"

#define UNKNOWN_MAX 64

/* One {{…}}: the innermost braces, so that every "{{" before them is plain text. */
struct found {
    const char *start, *end; /* the braces included */
    const char *name;        /* without blanks around it */
    size_t name_length;
};

static cmark_node *tree_of(const char *source, const struct placeholder *values);
static char *join_placeholders(const char *source, const struct placeholder *values);
static void make_safe(cmark_node *document);
static void show_html(cmark_node *html);
static void add_lines(cmark_node *before, const char *text);
static void fill_in(cmark_node *document, const struct placeholder *values);
static void fill_node(cmark_node *node, const struct placeholder *values);
static void fill_link(cmark_node *link, const struct placeholder *values);
static void drop_bad_links(cmark_node *document);
static bool is_good_url(const char *url);
static void replace_by_children(cmark_node *node);

static void fill_text(struct buf *to, const char *text, const struct placeholder *values);
static bool next_placeholder(const char *text, struct found *found);
static bool is_named(const struct found *found, const char *name);
static bool is_blank(char byte);

char *markdown_html(struct arena *arena, const char *source, const struct placeholder *values)
{
    cmark_node *document = tree_of(source, values);
    /* People break lines where they want them broken. Unsafe things are left out unless CMARK_OPT_UNSAFE asks for them.
     */
    char *rendered = cmark_render_html(document, CMARK_OPT_HARDBREAKS);
    char *html = arena_strdup(arena, rendered);

    free(rendered);
    cmark_node_free(document);
    return html;
}

static cmark_node *tree_of(const char *source, const struct placeholder *values)
{
    char *joined = join_placeholders(source, values);
    cmark_node *document = cmark_parse_document(joined, strlen(joined), CMARK_OPT_VALIDATE_UTF8);

    free(joined);
    make_safe(document);
    cmark_consolidate_text_nodes(document); /* a '_' in a placeholder's name has cut its text in pieces */
    fill_in(document, values);
    drop_bad_links(document);
    return document;
}

char *markdown_text(struct arena *arena, const char *source, const struct placeholder *values)
{
    cmark_node *document = tree_of(source, values);
    char *text = markdown_plain(arena, document);

    cmark_node_free(document);
    return text;
}

char *markdown_fill(struct arena *arena, const char *source, const struct placeholder *values)
{
    struct buf text = { 0 };

    fill_text(&text, source, values);
    char *copy = arena_strndup(arena, text.data, text.length);
    buf_clear(&text);
    return copy;
}

/* Without the blanks inside the braces: a link's destination may hold none. */
static char *join_placeholders(const char *source, const struct placeholder *values)
{
    struct buf joined = { 0 };
    struct found found;

    for (; next_placeholder(source, &found); source = found.end) {
        bool is_known = false;
        for (const struct placeholder *value = values; value->name && !is_known; value++) {
            is_known = is_named(&found, value->name);
        }
        if (is_known) {
            buf_add(&joined, source, (size_t)(found.start - source));
            buf_printf(&joined, "{{%.*s}}", (int)found.name_length, found.name);
        } else {
            buf_add(&joined, source, (size_t)(found.end - source));
        }
    }
    buf_add_text(&joined, source);
    return joined.data;
}

/* --- the tree --- */

/* The iterator has its next step in hand already, so that the node of a leaf's visit, or of a container's end, may go.
 */
static void make_safe(cmark_node *document)
{
    cmark_iter *walk = cmark_iter_new(document);
    cmark_event_type event;

    while ((event = cmark_iter_next(walk)) != CMARK_EVENT_DONE) {
        cmark_node *node = cmark_iter_get_node(walk);
        cmark_node_type type = cmark_node_get_type(node);
        if (type == CMARK_NODE_HTML_BLOCK || type == CMARK_NODE_HTML_INLINE) {
            show_html(node);
        } else if (type == CMARK_NODE_IMAGE && event == CMARK_EVENT_EXIT) {
            replace_by_children(node); /* a picture from elsewhere would tell its host who reads the mail */
        }
    }
    cmark_iter_free(walk);
}

static void show_html(cmark_node *html)
{
    if (cmark_node_get_type(html) == CMARK_NODE_HTML_BLOCK) {
        cmark_node *paragraph = cmark_node_new(CMARK_NODE_PARAGRAPH), *start = cmark_node_new(CMARK_NODE_TEXT);
        cmark_node_append_child(paragraph, start);
        add_lines(start, cmark_node_get_literal(html));
        cmark_node_insert_before(html, paragraph);
    } else {
        cmark_node *start = cmark_node_new(CMARK_NODE_TEXT);
        cmark_node_insert_before(html, start);
        add_lines(start, cmark_node_get_literal(html));
    }
    cmark_node_unlink(html);
    cmark_node_free(html);
}

/* After a node, with breaks between them. */
static void add_lines(cmark_node *before, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        struct buf line = { 0 };
        buf_add(&line, text, length);
        cmark_node *node = cmark_node_new(CMARK_NODE_TEXT);
        cmark_node_set_literal(node, line.data);
        cmark_node_insert_after(before, node);
        before = node;
        buf_clear(&line);
        text += length;
        if (text[0] == '\n' && *++text) {
            node = cmark_node_new(CMARK_NODE_LINEBREAK);
            cmark_node_insert_after(before, node);
            before = node;
        }
    }
}

static void fill_in(cmark_node *document, const struct placeholder *values)
{
    cmark_iter *walk = cmark_iter_new(document);
    cmark_event_type event;

    while ((event = cmark_iter_next(walk)) != CMARK_EVENT_DONE) {
        if (event == CMARK_EVENT_ENTER) {
            fill_node(cmark_iter_get_node(walk), values);
        }
    }
    cmark_iter_free(walk);
}

static void fill_node(cmark_node *node, const struct placeholder *values)
{
    cmark_node_type type = cmark_node_get_type(node);
    struct buf filled = { 0 };

    if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE || type == CMARK_NODE_CODE_BLOCK) {
        fill_text(&filled, cmark_node_get_literal(node), values);
        cmark_node_set_literal(node, filled.data);
        buf_clear(&filled);
    } else if (type == CMARK_NODE_LINK) {
        fill_link(node, values);
    }
}

static void fill_link(cmark_node *link, const struct placeholder *values)
{
    struct buf filled = { 0 };

    fill_text(&filled, cmark_node_get_url(link), values);
    cmark_node_set_url(link, filled.data);
    buf_clear(&filled);
    fill_text(&filled, cmark_node_get_title(link), values);
    cmark_node_set_title(link, filled.data);
    buf_clear(&filled);
}

static void drop_bad_links(cmark_node *document)
{
    cmark_iter *walk = cmark_iter_new(document);
    cmark_event_type event;

    while ((event = cmark_iter_next(walk)) != CMARK_EVENT_DONE) {
        cmark_node *node = cmark_iter_get_node(walk);
        if (event == CMARK_EVENT_EXIT && cmark_node_get_type(node) == CMARK_NODE_LINK && !is_good_url(cmark_node_get_url(node))) {
            replace_by_children(node);
        }
    }
    cmark_iter_free(walk);
}

/* What is not allowed is forbidden; a relative link leads nowhere from a mail. */
static bool is_good_url(const char *url)
{
    return strncasecmp(url, "https://", 8) == 0 || strncasecmp(url, "http://", 7) == 0 || strncasecmp(url, "mailto:", 7) == 0;
}

static void replace_by_children(cmark_node *node)
{
    cmark_node *child;

    while ((child = cmark_node_first_child(node))) {
        cmark_node_unlink(child);
        cmark_node_insert_before(node, child);
    }
    cmark_node_unlink(node);
    cmark_node_free(node);
}

/* --- placeholders --- */

const char *markdown_unknown_placeholder(struct arena *arena, const char *text, const char *const *known)
{
    struct found found;

    for (; next_placeholder(text, &found); text = found.end) {
        bool is_known = false;
        for (size_t i = 0; known[i] && !is_known; i++) {
            is_known = is_named(&found, known[i]);
        }
        if (is_known) {
            continue;
        }
        size_t length = found.name_length < UNKNOWN_MAX ? found.name_length : UNKNOWN_MAX;
        while (length > 0 && length < found.name_length && ((unsigned char)found.name[length] & 0xC0) == 0x80) {
            length--;
        }
        return arena_strndup(arena, found.name, length);
    }
    return NULL;
}

/* One pass: what a value holds is never looked at. */
static void fill_text(struct buf *to, const char *text, const struct placeholder *values)
{
    struct found found;

    for (; next_placeholder(text, &found); text = found.end) {
        const struct placeholder *value = values;
        while (value->name && !is_named(&found, value->name)) {
            value++;
        }
        if (value->name) {
            buf_add(to, text, (size_t)(found.start - text));
            buf_add_text(to, value->value);
        } else {
            buf_add(to, text, (size_t)(found.end - text));
        }
    }
    buf_add_text(to, text);
}

static bool next_placeholder(const char *text, struct found *found)
{
    const char *start = strstr(text, "{{");
    const char *end = start ? strstr(start + 2, "}}") : NULL;

    if (!end) {
        return false;
    }
    for (const char *later = start; later && later + 2 <= end; later = strstr(later + 1, "{{")) {
        start = later;
    }
    found->start = start;
    found->end = end + 2;
    start += 2;
    while (start < end && is_blank(*start)) {
        start++;
    }
    while (start < end && is_blank(end[-1])) {
        end--;
    }
    found->name = start;
    found->name_length = (size_t)(end - start);
    return true;
}

static bool is_named(const struct found *found, const char *name)
{
    return strlen(name) == found->name_length && memcmp(name, found->name, found->name_length) == 0;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}
