/* resolve.h - host names to addresses without blocking the loop: getaddrinfo on a thread of its own per look-up.
 *
 * libpq and hiredis resolve names with a blocking call inside their connect, so both get addresses from here.
 */
#ifndef SHARELINK_RESOLVE_H
#define SHARELINK_RESOLVE_H

struct event_base;
struct resolve_lookup;

/* address: numeric text, borrowed until the callback returns; NULL when the name has none, error then says why. */
typedef void resolve_done(void *arg, const char *address, const char *error);

/* A numeric address is answered too, from the loop's next turn like any other; the callback comes exactly once, unless it is
 * cancelled. What is returned is good until then. Of several addresses choice picks one, counted round: who raises it by one
 * after each connect that failed gets to all of them in turn ("localhost" may be ::1 with nobody there). */
struct resolve_lookup *resolve_start(struct event_base *base, const char *host, unsigned choice, resolve_done *done, void *arg);

/* done is not called any more. The resolver of libc goes on until it gives up by itself, on nobody's account. NULL is fine. */
void resolve_cancel(struct resolve_lookup *lookup);

#endif
