/* show_secrets.h - adds url and passcode to a reviewer's JSON object, for a caller who may write. */
#ifndef SHARELINK_LINKS_SHOW_SECRETS_H
#define SHARELINK_LINKS_SHOW_SECRETS_H

#include "common/loop/flow.h"
#include "common/data/json.h"
#include "common/data/reviewer_secrets.h"

void show_secrets(struct flow *flow, json_t *reviewer, const struct reviewer_secrets *secrets);
/* From the sealed form in hex; when it does not open, an operator reads so in the log and the fields are left out. */
void show_sealed_secrets(struct flow *flow, json_t *reviewer, const char *sealed_hex);
/* A basic link has one URL: its technical reviewer's url and passcode, where shown, are the link's own too. */
void show_basic_secrets(json_t *link);

#endif
