/* notify.h - tells systemd how a daemon is (Type=notify, WatchdogSec=); does nothing where $NOTIFY_SOCKET is not set. */
#ifndef SHARELINK_NOTIFY_H
#define SHARELINK_NOTIFY_H

#include <stdint.h>

/* "READY=1", "STOPPING=1", "WATCHDOG=1", with further lines as sd_notify(3) has them. */
void notify_send(const char *state);
/* How often the watchdog wants to hear of us: half of what it allows. 0 when there is none. */
int64_t notify_watchdog_us(void);

#endif
