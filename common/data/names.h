/* names.h - what to call a person by. */
#ifndef SHARELINK_NAMES_H
#define SHARELINK_NAMES_H

#include "common/base/arena.h"

/* The first name of a person: the first word, when that is one. The whole name when it is a title ("Prof. Ada Lovelace"), an
 * initial, the beginning of a longer word (a particle, "Abdul"), a family name (before a comma; in Chinese, Japanese and Korean),
 * or no name at all (an address). In the arena; without blanks at its ends. */
const char *names_first(struct arena *arena, const char *name);

#endif
