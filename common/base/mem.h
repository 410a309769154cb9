/* mem.h - memory that is freed by free(). Out of memory ends the process with a line on stderr: a daemon that cannot get a few
 * kilobytes serves nobody, and its supervisor starts it again.
 */
#ifndef SHARELINK_MEM_H
#define SHARELINK_MEM_H

#include <stddef.h>

/* Never NULL; free() them. */
void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull)); /* zeroed */
void *mem_resize(void *old, size_t size) __attribute__((returns_nonnull));
char *mem_strdup(const char *text); /* NULL gives NULL */
/* Ends the process as running out of memory does: for sizes that no memory can hold. */
_Noreturn void mem_fail(void);

#endif
