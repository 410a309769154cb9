/* ctl.c - what the commands share: settings, options, the connection. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "common/base/config.h"
#include "common/daemon/known_settings.h"
#include "services/ctl/commands.h"

/* Each is read when a command asks for it, and is text then. */
static const struct config_setting ctl_settings[] = {
    { .name = "DATABASE_URL", .kind = CONFIG_TEXT, .optional = true, .secret = true },
    { .name = "LINKS_PASSWORD", .kind = CONFIG_TEXT, .optional = true, .secret = true },
    { .name = "VIEWS_PASSWORD", .kind = CONFIG_TEXT, .optional = true, .secret = true },
    { .name = "NOTIFICATIONS_PASSWORD", .kind = CONFIG_TEXT, .optional = true, .secret = true },
    { .name = "CONSOLE_PASSWORD", .kind = CONFIG_TEXT, .optional = true, .secret = true },
    { .name = "HEALTH_LISTEN", .kind = CONFIG_TEXT, .optional = true, .secret = true },
    { .name = "LISTEN", .kind = CONFIG_TEXT, .optional = true, .secret = true },
    { .name = "SMTP_URL", .kind = CONFIG_TEXT, .optional = true, .secret = true },
    { .name = "SMTP_REQUIRE_TLS", .kind = CONFIG_TEXT, .optional = true, .secret = true },
    { .name = "SMTP_CA_FILE", .kind = CONFIG_TEXT, .optional = true, .secret = true },
    { .name = "MAIL_FROM", .kind = CONFIG_TEXT, .optional = true, .secret = true },
    { .name = NULL },
};

static const struct config_setting *setting_of(const char *name);

int ctl_connect(struct ctl *ctl)
{
    const char *url = ctl_setting(ctl, "DATABASE_URL"), *error = NULL;

    if (!url) {
        return ctl_fail(EX_CONFIG,
                        "SHARELINK_DATABASE_URL is not set: the database owner's postgresql://user:password@host/database");
    }
    ctl->pg = pg_sync_open(ctl->arena, url, &error);
    return ctl->pg ? 0 : ctl_fail(EX_UNAVAILABLE, "PostgreSQL cannot be reached: %s", error);
}

void ctl_close(struct ctl *ctl)
{
    if (ctl->pg) {
        pg_sync_close(ctl->pg);
    }
}

/* One setting by the same rules as the daemons'. */
const char *ctl_setting(struct ctl *ctl, const char *name)
{
    const struct config_setting table[] = { *setting_of(name), { .name = NULL } };
    const struct config_setting *const tables[] = { table, NULL };
    const char *value = NULL;
    struct buf faults = { 0 };

    if (config_load(tables, &value, ctl->arena, &faults) > 0) {
        fputs(faults.data, stderr);
        exit(EX_CONFIG);
    }
    buf_clear(&faults);
    return value;
}

static const struct config_setting *setting_of(const char *name)
{
    for (const struct config_setting *setting = ctl_settings; setting->name; setting++) {
        if (strcmp(setting->name, name) == 0) {
            return setting;
        }
    }
    abort(); /* what a command reads is in the table */
}

int ctl_check_names(void)
{
    struct buf faults = { 0 };

    int count = config_find_unknown(known_settings, &faults);
    if (count > 0) {
        ctl_fail(EX_CONFIG, "the settings are wrong; nothing was done:\n%.*s", (int)(faults.length - 1), faults.data);
    }
    buf_clear(&faults);
    return count > 0 ? EX_CONFIG : 0;
}

const char *ctl_option(int argc, char **argv, const char *name)
{
    for (int i = 0; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return argv[i + 1];
        }
    }
    return NULL;
}

int ctl_fail(int status, const char *format, ...)
{
    va_list args;

    fputs("sharelink: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return status;
}
