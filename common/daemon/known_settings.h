/* known_settings.h - the names of all settings that any program of Sharelink has. */
#ifndef SHARELINK_KNOWN_SETTINGS_H
#define SHARELINK_KNOWN_SETTINGS_H

/* Without the prefix, ended by NULL: for config_find_unknown. One environment file often serves all programs, so each of them
 * knows the settings of the others. */
extern const char *const known_settings[];

#endif
