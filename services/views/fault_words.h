/* fault_words.h - what a person is told of a fault. */
#ifndef SHARELINK_VIEWS_FAULT_WORDS_H
#define SHARELINK_VIEWS_FAULT_WORDS_H

#include "common/http/http.h"

/* See struct http_server_options. */
void fault_words(struct flow *flow, int status, const char *code, struct http_fault_words *words);

#endif
