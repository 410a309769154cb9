/* set_aside.h - the deliveries that make a claim fail when they are in it: left out of claims, and each tried alone now and then.
 *
 * It is this process's memory, and bounded. The pause before the next try grows from a second to five minutes. When nothing else
 * could be claimed either it is in doubt whose fault it is: such a pause stays short, and ends as soon as a claim brings
 * something.
 */
#ifndef SHARELINK_NOTIFICATIONS_SET_ASIDE_H
#define SHARELINK_NOTIFICATIONS_SET_ASIDE_H

#include <stdbool.h>
#include <stdint.h>

enum { SET_ASIDE_MAX = 1024 };

struct set_aside {
    struct set_aside_delivery {
        char *id;
        int failures;
        bool is_in_doubt;
        int64_t failed_us, until_us; /* of clock_mono_us */
    } list[SET_ASIDE_MAX];
    int count;
};

/* It has failed alone, or again. is_sure: others were claimed at the same time; brought_us: when anything was claimed last.
 * Whether it is sure now that the fault is its own. When there is no room, the one that is to be tried next makes it. */
bool set_aside_add(struct set_aside *aside, const char *id, bool is_sure, int64_t brought_us);
/* How often it has failed for sure; 0 for one that is not there. */
int set_aside_failures(const struct set_aside *aside, const char *id);
/* It has not failed. Nothing happens when it is not there. */
void set_aside_remove(struct set_aside *aside, const char *id);
/* Something else was claimed: those in doubt are to be tried now. */
void set_aside_clear_doubts(struct set_aside *aside);
/* The ids, at most that many, of those whose time has come; they stay in. Borrowed until the next change. */
int set_aside_due(const struct set_aside *aside, const char **ids, int most);
void set_aside_empty(struct set_aside *aside);

#endif
