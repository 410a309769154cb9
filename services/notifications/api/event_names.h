/* event_names.h - the short names of all events, and of what deliveries are of. */
#ifndef SHARELINK_NOTIFICATIONS_EVENT_NAMES_H
#define SHARELINK_NOTIFICATIONS_EVENT_NAMES_H

/* Ended by NULL. All that proto/events has a schema of. */
extern const char *const event_names[];
/* Those, and what time asks for, tests, and the word that an endpoint was switched off. */
extern const char *const delivered_names[];

#endif
