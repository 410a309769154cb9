/* clock.c - reading the clocks, and times as text; see clock.h. Always UTC and the proleptic Gregorian calendar,
 * whatever the process's locale and time zone say. */
#include "common/base/clock.h"

#include <string.h>
#include <time.h>

#define FIRST_MS INT64_C(-62135596800000) /* 0001-01-01T00:00:00.000Z */
#define LAST_MS  INT64_C(253402300799999) /* 9999-12-31T23:59:59.999Z */

static int split(int64_t wall_ms, struct tm *utc);
static char *put_number(char *to, int value, int digits);
static char *put_time(char *to, const struct tm *utc);
static bool take_number(const char **at, int digits, int min, int max, int *value);
static bool take_char(const char **at, const char *any_of);
static bool take_date(const char **at, struct tm *utc);
static bool take_time(const char **at, struct tm *utc);
static bool take_fraction(const char **at, int *ms);
static bool take_offset(const char **at, int *minutes);

static int64_t read_us(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_boot_us(void)
{
    return read_us(CLOCK_BOOTTIME);
}

int64_t clock_wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_rfc3339(char to[CLOCK_RFC3339_SIZE], int64_t wall_ms)
{
    struct tm utc;
    int ms = split(wall_ms, &utc);

    to = put_number(to, utc.tm_year + 1900, 4);
    *to++ = '-';
    to = put_number(to, utc.tm_mon + 1, 2);
    *to++ = '-';
    to = put_number(to, utc.tm_mday, 2);
    *to++ = 'T';
    to = put_time(to, &utc);
    *to++ = '.';
    to = put_number(to, ms, 3);
    *to++ = 'Z';
    *to = '\0';
}

void clock_rfc5322(char to[CLOCK_RFC5322_SIZE], int64_t wall_ms)
{
    static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    struct tm utc;

    (void)split(wall_ms, &utc);
    to = stpcpy(to, days[utc.tm_wday]);
    to = stpcpy(to, ", ");
    to = put_number(to, utc.tm_mday, 2);
    *to++ = ' ';
    to = stpcpy(to, months[utc.tm_mon]);
    *to++ = ' ';
    to = put_number(to, utc.tm_year + 1900, 4);
    *to++ = ' ';
    to = put_time(to, &utc);
    strcpy(to, " +0000");
}

/* Returns the milliseconds within the second. Times outside the years 1 to 9999 become the nearest one inside. */
static int split(int64_t wall_ms, struct tm *utc)
{
    int64_t shown = wall_ms < FIRST_MS ? FIRST_MS : wall_ms > LAST_MS ? LAST_MS : wall_ms;
    int ms = (int)((shown % 1000 + 1000) % 1000);
    time_t seconds = (time_t)((shown - ms) / 1000);

    gmtime_r(&seconds, utc);
    return ms;
}

static char *put_number(char *to, int value, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        to[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return to + digits;
}

static char *put_time(char *to, const struct tm *utc)
{
    to = put_number(to, utc->tm_hour, 2);
    *to++ = ':';
    to = put_number(to, utc->tm_min, 2);
    *to++ = ':';
    return put_number(to, utc->tm_sec, 2);
}

bool clock_parse_rfc3339(const char *text, int64_t *wall_ms)
{
    struct tm utc = { 0 };
    int ms = 0, offset_minutes = 0;

    if (!take_date(&text, &utc) || !take_char(&text, "Tt") || !take_time(&text, &utc) || !take_fraction(&text, &ms) ||
        !take_offset(&text, &offset_minutes) || *text) {
        return false;
    }
    int64_t result = ((int64_t)timegm(&utc) - (int64_t)offset_minutes * 60) * 1000 + ms;
    if (result < FIRST_MS || result > LAST_MS) {
        return false;
    }
    *wall_ms = result;
    return true;
}

static bool take_number(const char **at, int digits, int min, int max, int *value)
{
    int sum = 0;

    for (int i = 0; i < digits; i++, (*at)++) {
        if (**at < '0' || **at > '9') {
            return false;
        }
        sum = sum * 10 + (**at - '0');
    }
    *value = sum;
    return sum >= min && sum <= max;
}

static bool take_char(const char **at, const char *any_of)
{
    if (!**at || !strchr(any_of, **at)) {
        return false;
    }
    (*at)++;
    return true;
}

static bool take_date(const char **at, struct tm *utc)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int year, month, day;

    if (!take_number(at, 4, 1, 9999, &year) || !take_char(at, "-") || !take_number(at, 2, 1, 12, &month) || !take_char(at, "-") ||
        !take_number(at, 2, 1, 31, &day)) {
        return false;
    }
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    utc->tm_year = year - 1900;
    utc->tm_mon = month - 1;
    utc->tm_mday = day;
    return day <= days[month - 1] + (month == 2 && is_leap);
}

/* A leap second reads as the second after it, which is what UNIX time has in its place. */
static bool take_time(const char **at, struct tm *utc)
{
    return take_number(at, 2, 0, 23, &utc->tm_hour) && take_char(at, ":") && take_number(at, 2, 0, 59, &utc->tm_min) &&
           take_char(at, ":") && take_number(at, 2, 0, 60, &utc->tm_sec);
}

static bool take_fraction(const char **at, int *ms)
{
    int weight = 100;

    if (!take_char(at, ".")) {
        return true;
    }
    if (**at < '0' || **at > '9') {
        return false;
    }
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        *ms += (**at - '0') * weight;
        weight /= 10;
    }
    return true;
}

static bool take_offset(const char **at, int *minutes)
{
    int hour, minute, sign = **at == '-' ? -1 : 1;

    if (take_char(at, "Zz")) {
        return true;
    }
    if (!take_char(at, "+-") || !take_number(at, 2, 0, 23, &hour) || !take_char(at, ":") || !take_number(at, 2, 0, 59, &minute)) {
        return false;
    }
    *minutes = sign * (hour * 60 + minute);
    return true;
}
