/* words.h - all that a daemon says to people, in their language: texts from the catalogues beside this file, filled with values;
 * which language it is; times, durations and lists of names as that language writes them.
 *
 * A text is named by its area and key: "invitation.subject" of mails.json is MAILS_INVITATION_SUBJECT. What makes the build
 * refuse a catalogue: catalogue_files.py. How to add a text or a language: docs/architecture.md.
 */
#ifndef SHARELINK_WORDS_H
#define SHARELINK_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/arena.h"
#include "words_keys.h" /* enum words_language: WORDS_EN …; enum words_key */

/* --- the language --- */

/* The first that is known: of the person's own locale (a BCP 47 tag: "de-AT" is German), of what the browser accepts (the value
 * of Accept-Language, RFC 9110 12.5.4), of the account's locale; else English. Each may be NULL. */
enum words_language words_choose(const char *locale, const char *accept_language, const char *account_locale);
/* "de": for lang attributes and Content-Language. */
const char *words_tag(enum words_language language);
/* "rtl" or "ltr": which way a page runs for who has this locale, also where its words are in another language. By its script when
 * it names one ("ar-Latn" runs from left to right), else by its language; "ltr" for NULL. */
const char *words_direction(const char *locale);

/* --- texts --- */

/* {name} becomes text. A value named "count" chooses the plural's form. */
struct words_value {
    const char *name;
    const char *text;
};

/* A text without placeholders. */
const char *words_text(enum words_language language, enum words_key key);
/* As text, in the arena; values are ended by a NULL name. A value that is written from right to left is set in an isolate, so
 * that the sentence around it keeps its order. */
const char *words_fill(struct arena *arena, enum words_language language, enum words_key key, const struct words_value *values);
/* As HTML: all of it escaped, each value in a <bdi> of its own. The value named strong is shown in bold; it may be NULL. */
const char *words_fill_html(struct arena *arena, enum words_language language, enum words_key key,
                            const struct words_value *values, const char *strong);
/* The values written in the call: words_say(arena, language, MAILS_OPENED_SUBJECT, { "reviewer", name }, { "title", title }) */
#define words_say(arena, language, key, ...)                                                                                     \
    words_fill(arena, language, key, (const struct words_value[]){ __VA_ARGS__, { NULL, NULL } })
/* Text of people to stand in a line of other text: in an isolate when it holds letters that are written from right to left. */
const char *words_isolated(struct arena *arena, const char *text);

/* --- times, durations, lists --- */

/* "Sunday, 13 December 2026, 10:00 (Europe/Amsterdam)" of 2026-12-13T10:00:00+01:00[Europe/Amsterdam], as
 * notifications.local_time writes it (RFC 9557). Without a zone's name the offset stands there: "(UTC)" for Z, "(UTC+01:00)". ""
 * when text is none. */
const char *words_moment(struct arena *arena, enum words_language language, const char *text);
/* The same without the time of day: "Sunday, 13 December 2026". */
const char *words_day(struct arena *arena, enum words_language language, const char *text);
/* "about 22 min", of seconds; at least one. */
const char *words_minutes(struct arena *arena, enum words_language language, double seconds);
/* "4.3", "4,3": with one decimal. At least 0. */
const char *words_decimal(struct arena *arena, enum words_language language, double number);
/* "A, B and C"; "" for none. */
const char *words_list(struct arena *arena, enum words_language language, const char *const *names, size_t count);

#endif
