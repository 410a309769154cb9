/* config_value.h - one value of a setting: from its text into the field of a struct, or what is wrong with it. */
#ifndef SHARELINK_CONFIG_VALUE_H
#define SHARELINK_CONFIG_VALUE_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/config.h"

/* Puts value, which must live as long as the field, into out's field of the setting. False when it is wrong: what is wrong is
 * appended to fault, and holds no secret. */
bool config_value_store(const struct config_setting *setting, const char *value, void *out, struct buf *fault);
/* "a|b|c" as "a, b, c". */
void config_value_add_choices(struct buf *to, const char *choices);

#endif
