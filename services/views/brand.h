/* brand.h - the account whose reviewers see a page: its name or logo above it, its colour in it. */
#ifndef SHARELINK_VIEWS_BRAND_H
#define SHARELINK_VIEWS_BRAND_H

#include "common/base/arena.h"

/* What the account has set; each may be NULL. accent: #rrggbb; logo: a digest (see show_logo.c). */
struct brand {
    const char *name, *accent, *logo;
};

/* The colours of the page's style sheet in the account's accent, as the text of a <style>; "" without one. */
const char *brand_style(struct arena *arena, const struct brand *brand);
/* The same as what a content security policy allows it by: 'sha256-…'. */
const char *brand_style_source(struct arena *arena, const char *style);
/* The HTML above a page's heading: the logo, or the name, or without both the fallback, which is text. */
const char *brand_mark(struct arena *arena, const struct brand *brand, const char *fallback);

#endif
