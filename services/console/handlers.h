/* handlers.h - the first step of every endpoint, each in the file of its name. */
#ifndef SHARELINK_CONSOLE_HANDLERS_H
#define SHARELINK_CONSOLE_HANDLERS_H

#include "common/loop/flow.h"

flow_step create_session;
flow_step expire_sessions;
flow_step delete_session;
flow_step show_page;
flow_step start_session;
flow_step show_asset;
flow_step show_embed;

#endif
