/* markdown_plain.h - a message of libcmark's tree for who reads no HTML. */
#ifndef SHARELINK_MARKDOWN_PLAIN_H
#define SHARELINK_MARKDOWN_PLAIN_H

#include "common/base/arena.h"

struct cmark_node;

/* In the arena. A link is "text (url)"; items of lists stand behind "- " or their number, quotes are indented. */
char *markdown_plain(struct arena *arena, struct cmark_node *document);

#endif
