/* console.h - what the files of the console daemon share: its settings, and the words of its pages. */
#ifndef SHARELINK_CONSOLE_H
#define SHARELINK_CONSOLE_H

#include "common/daemon/api_key.h"
#include "common/daemon/daemon.h"

struct console_settings {
    struct daemon_settings common;
    int64_t sessions_per_account;
};

extern const struct route console_routes[];

static inline const struct console_settings *console_settings_of(const struct daemon *daemon)
{
    return (const struct console_settings *)daemon->settings;
}

#endif
