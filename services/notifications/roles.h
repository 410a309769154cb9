/* roles.h - SHARELINK_ROLES: which parts of the daemon a process runs. */
#ifndef SHARELINK_NOTIFICATIONS_ROLES_H
#define SHARELINK_NOTIFICATIONS_ROLES_H

#include "services/notifications/notifications.h"

/* For the table of settings: NULL when value is a list of roles, divided by commas, each at most once. */
const char *roles_check(const char *value);
/* The set, of a list that was checked. */
unsigned roles_of(const char *value);

#endif
