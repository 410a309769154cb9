/* markdown_plain.c - see the header. As in markdown.c the depth of a message costs no stack, and beyond some
 * levels no more indentation.
 */
#include "common/data/markdown_plain.h"

#include <cmark.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "common/base/buf.h"
#include "common/base/str.h"

enum { INDENT = 2, INDENTED_MAX = 8 };

struct plain {
    struct buf text;
    struct buf marker; /* of items that have begun and have no text yet */
    int depth;         /* of items and quotes */
    int marker_depth;  /* at which the first of them began */
    size_t link_start;
};

static void enter(struct plain *plain, cmark_node *node);
static void leave(struct plain *plain, cmark_node *node);
static void begin_item(struct plain *plain, cmark_node *item);
static void begin_block(struct plain *plain, cmark_node *block);
static int lines_before(cmark_node *block);
static void indent(struct plain *plain, int depth);
static void add_lines(struct plain *plain, const char *text);
static void end_link(struct plain *plain, cmark_node *link);

char *markdown_plain(struct arena *arena, struct cmark_node *document)
{
    cmark_iter *walk = cmark_iter_new(document);
    cmark_event_type event;
    struct plain plain = { .depth = 0 };

    while ((event = cmark_iter_next(walk)) != CMARK_EVENT_DONE) {
        if (event == CMARK_EVENT_ENTER) {
            enter(&plain, cmark_iter_get_node(walk));
        } else {
            leave(&plain, cmark_iter_get_node(walk));
        }
    }
    cmark_iter_free(walk);
    char *text = arena_strndup(arena, plain.text.data ? plain.text.data : "", plain.text.length);
    buf_clear(&plain.text);
    buf_clear(&plain.marker);
    return text;
}

static void enter(struct plain *plain, cmark_node *node)
{
    switch (cmark_node_get_type(node)) {
    case CMARK_NODE_ITEM:
        begin_item(plain, node);
        break;
    case CMARK_NODE_BLOCK_QUOTE:
        plain->depth++;
        break;
    case CMARK_NODE_PARAGRAPH:
    case CMARK_NODE_HEADING:
        begin_block(plain, node);
        break;
    case CMARK_NODE_CODE_BLOCK:
        begin_block(plain, node);
        add_lines(plain, cmark_node_get_literal(node));
        break;
    case CMARK_NODE_TEXT:
    case CMARK_NODE_CODE:
        buf_add_text(&plain->text, cmark_node_get_literal(node));
        break;
    case CMARK_NODE_SOFTBREAK:
    case CMARK_NODE_LINEBREAK:
        buf_add_char(&plain->text, '\n');
        indent(plain, plain->depth);
        break;
    case CMARK_NODE_LINK:
        plain->link_start = plain->text.length;
        break;
    default:
        break;
    }
}

static void leave(struct plain *plain, cmark_node *node)
{
    cmark_node_type type = cmark_node_get_type(node);

    if (type == CMARK_NODE_LINK) {
        end_link(plain, node);
    } else if (type == CMARK_NODE_ITEM || type == CMARK_NODE_BLOCK_QUOTE) {
        plain->depth--;
        buf_clear(&plain->marker);
    }
}

static void begin_item(struct plain *plain, cmark_node *item)
{
    cmark_node *list = cmark_node_parent(item);

    if (plain->marker.length == 0) {
        plain->marker_depth = plain->depth;
    }
    bool is_too_deep = plain->depth++ >= INDENTED_MAX;
    if (cmark_node_get_list_type(list) != CMARK_ORDERED_LIST) {
        buf_add_text(&plain->marker, is_too_deep ? "" : "- ");
        return;
    }
    /* Counted here, for libcmark tells no item's number. */
    intptr_t before = (intptr_t)cmark_node_get_user_data(list);
    cmark_node_set_user_data(list, (void *)(before + 1));
    if (is_too_deep) {
        return;
    }
    buf_printf(&plain->marker, "%lld. ", (long long)cmark_node_get_list_start(list) + (long long)before);
}

static void begin_block(struct plain *plain, cmark_node *block)
{
    bool is_marked = plain->marker.length > 0;

    for (int line = 0; plain->text.length > 0 && line < lines_before(block); line++) {
        buf_add_char(&plain->text, '\n');
    }
    indent(plain, is_marked ? plain->marker_depth : plain->depth);
    if (is_marked) {
        buf_add(&plain->text, plain->marker.data, plain->marker.length);
        buf_clear(&plain->marker);
    }
}

/* One where a list is written without lines between its items, but before the list itself. */
static int lines_before(cmark_node *block)
{
    cmark_node *item = cmark_node_parent(block);

    if (cmark_node_get_type(item) != CMARK_NODE_ITEM || !cmark_node_get_list_tight(cmark_node_parent(item))) {
        return 2;
    }
    bool begins_list = !cmark_node_previous(block) && !cmark_node_previous(item);
    return begins_list && cmark_node_get_type(cmark_node_parent(cmark_node_parent(item))) != CMARK_NODE_ITEM ? 2 : 1;
}

static void indent(struct plain *plain, int depth)
{
    for (int i = 0; i < INDENT * (depth < INDENTED_MAX ? depth : INDENTED_MAX); i++) {
        buf_add_char(&plain->text, ' ');
    }
}

static void add_lines(struct plain *plain, const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        buf_add(&plain->text, text, length);
        text += length + (text[length] == '\n');
        if (*text) {
            buf_add_char(&plain->text, '\n');
            indent(plain, plain->depth);
        }
    }
}

/* An address that stands there already is not said twice. */
static void end_link(struct plain *plain, cmark_node *link)
{
    const char *url = cmark_node_get_url(link);
    size_t said = plain->text.length - plain->link_start;

    if (strncasecmp(url, "mailto:", 7) == 0) {
        url += 7;
    }
    if (said != strlen(url) || memcmp(plain->text.data + plain->link_start, url, said) != 0) {
        buf_printf(&plain->text, said > 0 ? " (%s)" : "%s", url);
    }
}
