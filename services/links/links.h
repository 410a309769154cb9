/* links.h - what the files of the links daemon share: its routes, and who is calling. */
#ifndef SHARELINK_LINKS_H
#define SHARELINK_LINKS_H

#include "common/api_key.h"
#include "common/daemon.h"

extern const struct route links_routes[];

#endif
