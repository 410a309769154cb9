/* idn.c - see the header; the only file that knows libidn2. */
#include "common/data/idn.h"

#include <idn2.h>
#include <string.h>

#include "common/base/str.h"

/* RFC 5321 section 4.5.3.1.3, without <>. */
#define ADDRESS_MAX 254

static int is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80) {
        text++;
    }
    return !*text;
}

const char *idn_mail_address(struct arena *arena, const char *address)
{
    const char *at = strrchr(address, '@');
    char *domain = NULL;

    if (is_ascii(address)) {
        return address;
    }
    if (!at || idn2_to_ascii_8z(at + 1, &domain, IDN2_NONTRANSITIONAL) != IDN2_OK) {
        return NULL;
    }
    const char *whole = arena_printf(arena, "%.*s@%s", (int)(at - address), address, domain);
    idn2_free(domain);
    /* Some signs become ASCII ones that are no part of a name, such as a comma. */
    return is_ascii(whole) && strlen(whole) <= ADDRESS_MAX && str_is_mail_address(whole) ? whole : NULL;
}

/* libidn2 composes what is decomposed and folds the case of other scripts; what is left are ASCII's letters. */
const char *idn_canonical_address(struct arena *arena, const char *address)
{
    const char *wired = idn_mail_address(arena, address);
    char *lowered = wired ? arena_strdup(arena, wired) : NULL;

    for (char *at = lowered; at && *at; at++) {
        if (*at >= 'A' && *at <= 'Z') {
            *at = (char)(*at - 'A' + 'a');
        }
    }
    return lowered;
}
