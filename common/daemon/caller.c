/* caller.c - see the header. */
#include "common/daemon/caller.h"

#include <string.h>

bool caller_may(const struct caller *caller, const char *scope)
{
    size_t length = strlen(scope);

    for (const char *at = caller->scopes; (at = strstr(at, scope)); at += length) {
        bool starts = at == caller->scopes || at[-1] == ' ';
        if (starts && (at[length] == ' ' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}
