/* parameters.h - parameters of a query string that are more than one text: those that may be given several times
 * (?type=a&type=b), and moments, two of which bound a time (?created_after=…&created_before=…).
 *
 * Faults are noted at "?name", with the code "invalid" where no other is told of.
 */
#ifndef SHARELINK_PARAMETERS_H
#define SHARELINK_PARAMETERS_H

#include <stddef.h>

#include "common/http/problem.h"

#define PARAMETERS_WORDS_MAX 50

struct parameter_words {
    const char **list; /* each once, in the order of the list of all; borrowed from that */
    size_t count;      /* 0: none asked for, or a fault was noted */
};

/* Notes each parameter that is none of these names (ended by NULL) and each that is given twice, and a query that cannot be read.
 */
void parameters_only(struct flow *flow, struct faults *faults, const char *const *names);

/* All values of the parameter of this name, or of its other name (NULL: it has none). Each must be one of all, a list ended by
 * NULL; else the fault's detail names them. */
struct parameter_words parameters_words(struct flow *flow, struct faults *faults, const char *name, const char *other_name,
                                        const char *const *all);

/* RFC 3339 with any offset, whose + may have come as the blank that it stands for in a query string. The same moment in UTC and
 * milliseconds, as every time of ours is shown; NULL when it is none, and a fault is noted. */
const char *parameters_moment(struct arena *arena, struct faults *faults, const char *name, const char *text);

/* Of a time from `after` on and before `before`, both as parameters_moment gives them; NULL is no bound. Notes a fault at the
 * latter's name when no moment is in it. */
void parameters_check_range(struct faults *faults, const char *before_name, const char *after, const char *before);

#endif
