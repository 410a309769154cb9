/* ports.h - ports that no web server has: what is posted there is meant for another protocol's server, and may be obeyed by it.
 */
#ifndef SHARELINK_FETCH_PORTS_H
#define SHARELINK_FETCH_PORTS_H

#include <stdbool.h>

bool port_may_be_http(unsigned port);

#endif
