/* publish.h - hands the events that a statement has committed to the stream of the links service. */
#ifndef SHARELINK_LINKS_PUBLISH_H
#define SHARELINK_LINKS_PUBLISH_H

#include "common/loop/flow.h"

/* events: JSON text [[type, CloudEvent text], …], as the statements return it; or NULL. */
void publish_events(struct flow *flow, const char *events);

#endif
