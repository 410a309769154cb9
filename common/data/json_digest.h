/* json_digest.h - a digest that is the same for all texts of one JSON value.
 *
 * Neither blanks nor the order of members nor how characters and numbers are written count: what RFC 8785 (JCS) makes one text
 * of. No text is made here, which costs more than to parse one: tags, lengths and values are digested as they are. Good for
 * comparing within one build, not for others to compute.
 */
#ifndef SHARELINK_JSON_DIGEST_H
#define SHARELINK_JSON_DIGEST_H

#include <stdint.h>

#include "common/data/crypto.h"
#include "common/data/json.h"

void json_digest(uint8_t hash[CRYPTO_HASH_SIZE], const json_t *value);

#endif
