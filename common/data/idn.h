/* idn.h - mail addresses and their one form: with internationalised domains (IDNA 2008, RFC 5891; mapped by UTS #46), on libidn2.
 */
#ifndef SHARELINK_IDN_H
#define SHARELINK_IDN_H

#include "common/base/arena.h"

/* The address with its domain in the ASCII form that goes on the wire ("ana@xn--bcher-kva.example"), in the arena; one that
 * is ASCII already comes back as it is. NULL when the domain has no such form, or the address is longer than 254 bytes in it. */
const char *idn_mail_address(struct arena *arena, const char *address);

/* The form in which addresses are stored and compared: as above, and in lower case. One mailbox is written in many ways,
 * "a@BÜCHER.example" and "A@xn--bcher-kva.example" among them; all of them have this one form. NULL as above. */
const char *idn_canonical_address(struct arena *arena, const char *address);

#endif
