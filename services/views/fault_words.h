/* fault_words.h - what a person is told of a fault, and in which language. */
#ifndef SHARELINK_VIEWS_FAULT_WORDS_H
#define SHARELINK_VIEWS_FAULT_WORDS_H

#include "common/http/http.h"

/* See struct http_server_options. */
void fault_words(struct flow *flow, const struct http_fault *fault, struct http_fault_words *words);
struct next *fault_reader(struct flow *flow, const struct http_fault *fault);

/* The path of the link's page that the address of a request is below, /s/<token>, in the arena; or NULL. */
const char *fault_page_of(struct flow *flow);

#endif
