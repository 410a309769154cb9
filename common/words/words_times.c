/* words_times.c - times, durations and lists as a language writes them. Zones are PostgreSQL's: a time comes as a clock in that
 * zone shows it.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/base/str.h"
#include "common/words/words.h"

#define ZONE_SIZE 80

struct moment {
    int year, month, day, hour, minute;
    char zone[ZONE_SIZE]; /* "Europe/Amsterdam", "UTC", "UTC+01:00" */
};

static bool read_moment(const char *text, struct moment *moment);
static bool read_zone(const char *text, struct moment *moment);
static int weekday_of(const struct moment *moment);
static const char *day_of_month(struct arena *arena, enum words_language language, int day);
static bool begins_with_i(const char *name);

const char *words_moment(struct arena *arena, enum words_language language, const char *text)
{
    struct moment moment;

    if (!text || !read_moment(text, &moment)) {
        return "";
    }
    return words_say(arena, language, TIMES_MOMENT, { "day", words_day(arena, language, text) },
                     { "clock", arena_printf(arena, "%02d:%02d", moment.hour, moment.minute) }, { "zone", moment.zone });
}

const char *words_day(struct arena *arena, enum words_language language, const char *text)
{
    static const enum words_key weekdays[] = { TIMES_SUNDAY,   TIMES_MONDAY, TIMES_TUESDAY, TIMES_WEDNESDAY,
                                               TIMES_THURSDAY, TIMES_FRIDAY, TIMES_SATURDAY };
    static const enum words_key months[] = { TIMES_JANUARY,   TIMES_FEBRUARY, TIMES_MARCH,    TIMES_APRIL,
                                             TIMES_MAY,       TIMES_JUNE,     TIMES_JULY,     TIMES_AUGUST,
                                             TIMES_SEPTEMBER, TIMES_OCTOBER,  TIMES_NOVEMBER, TIMES_DECEMBER };
    struct moment moment;

    if (!text || !read_moment(text, &moment)) {
        return "";
    }
    return words_say(arena, language, TIMES_DAY, { "weekday", words_text(language, weekdays[weekday_of(&moment)]) },
                     { "day", day_of_month(arena, language, moment.day) },
                     { "month", words_text(language, months[moment.month - 1]) },
                     { "year", arena_printf(arena, "%d", moment.year) });
}

static const char *day_of_month(struct arena *arena, enum words_language language, int day)
{
    return day == 1 ? words_text(language, TIMES_DAY_FIRST)
                    : words_say(arena, language, TIMES_DAY_OTHER, { "day", arena_printf(arena, "%d", day) });
}

static bool read_moment(const char *text, struct moment *moment)
{
    int end = 0;

    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d%n", &moment->year, &moment->month, &moment->day, &moment->hour, &moment->minute,
               &end) != 5 ||
        moment->year < 1 || moment->month < 1 || moment->month > 12 || moment->day < 1 || moment->day > 31) {
        return false;
    }
    text += end;
    text += strspn(text, ":.0123456789"); /* seconds */
    return read_zone(text, moment);
}

static bool read_zone(const char *text, struct moment *moment)
{
    const char *name = strchr(text, '[');

    if (name) {
        snprintf(moment->zone, sizeof moment->zone, "%.*s", (int)strcspn(name + 1, "]"), name + 1);
    } else if (str_equal(text, "Z") || str_equal(text, "+00:00")) {
        snprintf(moment->zone, sizeof moment->zone, "UTC");
    } else {
        snprintf(moment->zone, sizeof moment->zone, "UTC%s", text);
    }
    return true;
}

/* Sakamoto's; 0 is Sunday. */
static int weekday_of(const struct moment *moment)
{
    static const int shifts[] = { 0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4 };
    int year = moment->year - (moment->month < 3);

    return (year + year / 4 - year / 100 + year / 400 + shifts[moment->month - 1] + moment->day) % 7;
}

const char *words_minutes(struct arena *arena, enum words_language language, double seconds)
{
    long long minutes = seconds < 90 ? 1 : (long long)(seconds / 60 + .5);

    return words_say(arena, language, TIMES_ABOUT_MINUTES, { "count", arena_printf(arena, "%lld", minutes) });
}

const char *words_decimal(struct arena *arena, enum words_language language, double number)
{
    long long tenths = (long long)(number * 10 + .5);

    return words_say(arena, language, TIMES_DECIMAL, { "whole", arena_printf(arena, "%lld", tenths / 10) },
                     { "tenth", arena_printf(arena, "%lld", tenths % 10) });
}

const char *words_list(struct arena *arena, enum words_language language, const char *const *names, size_t count)
{
    const char *list = count > 0 ? words_isolated(arena, names[0]) : "";

    for (size_t i = 1; i < count; i++) {
        const char *name = words_isolated(arena, names[i]);
        if (i + 1 < count) {
            list = arena_printf(arena, "%s, %s", list, name);
        } else {
            enum words_key and = begins_with_i(name) ? TIMES_AND_BEFORE_I : TIMES_AND;
            list = arena_printf(arena, "%s %s %s", list, words_text(language, and), name);
        }
    }
    return list;
}

/* Spanish says "e" before the sound of i: "Ana e Inés", but "agua y hielo". */
static bool begins_with_i(const char *name)
{
    if (strncasecmp(name, "h", 1) == 0) {
        name++;
        if (strncasecmp(name, "ia", 2) == 0 || strncasecmp(name, "ie", 2) == 0 || strncasecmp(name, "io", 2) == 0) {
            return false;
        }
    }
    return strncasecmp(name, "i", 1) == 0 || str_starts_with(name, "\xC3\xAD") || str_starts_with(name, "\xC3\x8D");
}
