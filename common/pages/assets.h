/* assets.h - what pages load: modules, styles and icons, compiled in, at an address that has a digest of all of them.
 *
 * So a browser may keep what it has for good. While a new release is rolled out, a page of the one may ask a process of the
 * other: that answers with its own, to be kept by nobody.
 */
#ifndef SHARELINK_ASSETS_H
#define SHARELINK_ASSETS_H

#include <stddef.h>

#include "common/loop/flow.h"

#define ASSET_SCRIPT "text/javascript; charset=utf-8"
#define ASSET_STYLE  "text/css; charset=utf-8"
#define ASSET_ICON   "image/svg+xml"

struct asset {
    const char *name, *type, *text;
};

/* Those of one service. */
struct assets {
    const struct asset *list;
    size_t count;
    char version[17]; /* made when it is first asked for */
};

const char *assets_version(struct assets *assets);
/* The answer to GET …/{version}/{name}. */
struct next *assets_reply(struct flow *flow, struct assets *assets) FLOW_NEXT;

#endif
