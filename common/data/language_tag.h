/* language_tag.h - names of languages by BCP 47 (RFC 5646), such as pt-BR or zh-Hant-TW: their form, not whether there is one of
 * that name.
 */
#ifndef SHARELINK_LANGUAGE_TAG_H
#define SHARELINK_LANGUAGE_TAG_H

#include <stdbool.h>

#include "common/base/arena.h"

/* Well-formed, of at most LANGUAGE_TAG_MAX characters, with no variant or singleton twice. The irregular tags of before RFC 4646
 * ("i-klingon"), which the RFC lists one by one, are none. */
enum { LANGUAGE_TAG_MAX = 63 };
bool language_tag_is_well_formed(const char *tag);

/* A well-formed tag with capitals where they usually stand: PT-br is pt-BR, ZH-HANT zh-Hant. */
const char *language_tag_canonical(struct arena *arena, const char *tag);

#endif
