/* handlers.h - the first step of every endpoint, each in the file of its name. */
#ifndef SHARELINK_LINKS_HANDLERS_H
#define SHARELINK_LINKS_HANDLERS_H

#include "common/flow.h"

flow_step put_interview;
flow_step get_interview;
flow_step create_link;
flow_step list_links;
flow_step get_link;

#endif
