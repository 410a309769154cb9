/* known_settings.c - see known_settings.h. */
#include "common/daemon/known_settings.h"

#include <stddef.h>

const char *const known_settings[] = {
#include "settings.inc" /* the build takes the names from the programs' tables */
    /* docker-compose.yml's own, for they may stand in the same .env */
    "IMAGE", "DEMO_IMAGE", "VERSION", "REVISION", NULL,
};
