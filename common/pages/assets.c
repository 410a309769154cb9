/* assets.c - see assets.h. */
#include "common/pages/assets.h"

#include <string.h>

#include "common/base/str.h"
#include "common/data/crypto.h"
#include "common/http/problem.h"
#include "common/http/router.h"

const char *assets_version(struct assets *assets)
{
    uint8_t hash[CRYPTO_HASH_SIZE];
    struct buf all = { 0 };

    if (*assets->version) {
        return assets->version;
    }
    for (size_t i = 0; i < assets->count; i++) {
        buf_add_text(&all, assets->list[i].text);
    }
    crypto_hash(hash, all.data, all.length);
    buf_clear(&all);
    str_hex(assets->version, hash, (sizeof assets->version - 1) / 2);
    return assets->version;
}

struct next *assets_reply(struct flow *flow, struct assets *assets)
{
    bool is_this_release = str_equal(router_param(flow, "version"), assets_version(assets));

    for (size_t i = 0; i < assets->count; i++) {
        const struct asset *asset = &assets->list[i];
        if (str_equal(router_param(flow, "name"), asset->name)) {
            http_set_header(flow, "Cache-Control", is_this_release ? "public, max-age=31536000, immutable" : "no-store");
            return http_reply(flow, 200, asset->type, asset->text, strlen(asset->text));
        }
    }
    return problem_reply(flow, 404, "not_found", "There is nothing at this address.");
}
