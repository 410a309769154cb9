/* accent.h - an account's one colour, made fit to be read: for the light scheme and for the dark one, of the hue it has.
 *
 * Contrast is that of WCAG 2: at least 4.5 between the accent and every background of the pages (base.css: --surface, --raised,
 * the tint itself) and between what stands on the accent and the accent; --text and --quiet keep theirs on the tint. A colour
 * that has it stays as it is; else only its lightness is changed, and no more than it takes.
 */
#ifndef SHARELINK_ACCENT_H
#define SHARELINK_ACCENT_H

#include <stdbool.h>

#define ACCENT_COLOUR_SIZE 8 /* "#0b57a4" and its NUL */

struct accent_scheme {
    char accent[ACCENT_COLOUR_SIZE];    /* text, links, marks; the ground of a button */
    char on_accent[ACCENT_COLOUR_SIZE]; /* text on that ground */
    char tint[ACCENT_COLOUR_SIZE];      /* a quiet ground */
};

struct accent {
    struct accent_scheme light, dark;
};

/* False, and nothing is filled, when colour is not # and six hex digits; NULL is none. */
bool accent_of(const char *colour, struct accent *accent);
/* 1 to 21, of two such colours; 0 when one is none. */
double accent_contrast(const char *one, const char *other);

#endif
