/* handlers.h - the first step of every endpoint, each in the file of its name. */
#ifndef SHARELINK_NOTIFICATIONS_HANDLERS_H
#define SHARELINK_NOTIFICATIONS_HANDLERS_H

#include "common/loop/flow.h"

flow_step create_endpoint;
flow_step list_endpoints;
flow_step get_endpoint;
flow_step update_endpoint;
flow_step delete_endpoint;
flow_step rotate_secret;
flow_step test_endpoint;
flow_step replay_endpoint;
flow_step list_events;
flow_step list_event_types;
flow_step get_event;
flow_step stream_events;
flow_step list_deliveries;
flow_step get_delivery;
flow_step retry_delivery;
flow_step get_preferences;
flow_step put_preferences;
flow_step show_unsubscribe;
flow_step unsubscribe;

#endif
