/* config_help.c - the settings as --help tells them. */
#include <inttypes.h>

#include "common/base/config.h"
#include "common/base/config_value.h"

static void describe_setting(const struct config_setting *setting, struct buf *to);

void config_describe(const struct config_setting *const *tables, struct buf *to)
{
    buf_add(to, "", 0);
    for (; *tables; tables++) {
        for (const struct config_setting *setting = *tables; setting->name; setting++) {
            describe_setting(setting, to);
        }
    }
}

static void describe_setting(const struct config_setting *setting, struct buf *to)
{
    buf_printf(to, "  " CONFIG_PREFIX "%s  (", setting->name);
    switch (setting->kind) {
    case CONFIG_TEXT:
        buf_add_text(to, "text");
        break;
    case CONFIG_INT:
        buf_printf(to, "whole number from %" PRId64 " to %" PRId64, setting->min, setting->max);
        break;
    case CONFIG_BOOL:
        buf_add_text(to, "on or off");
        break;
    case CONFIG_CHOICE:
        config_value_add_choices(to, setting->choices);
        break;
    }
    if (setting->fallback) {
        buf_printf(to, "; default %s", setting->fallback);
    } else {
        buf_add_text(to, setting->optional ? "; optional" : "; required");
    }
    buf_printf(to, "%s)\n      %s\n", setting->secret ? "; secret" : "", setting->about);
}
