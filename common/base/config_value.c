/* config_value.c - see config_value.h. */
#include "common/base/config_value.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "common/base/str.h"

#define SHOWN_MAX 60 /* bytes of a faulty value */

static bool store_text(const struct config_setting *setting, const char *value, const char **field, struct buf *fault);
static bool is_sample(const char *value);
static bool store_int(const struct config_setting *setting, const char *value, int64_t *field, struct buf *fault);
static bool store_bool(const struct config_setting *setting, const char *value, bool *field, struct buf *fault);
static bool store_choice(const struct config_setting *setting, const char *value, int *field, struct buf *fault);
static void add_shown(struct buf *to, const struct config_setting *setting, const char *value);

bool config_value_store(const struct config_setting *setting, const char *value, void *out, struct buf *fault)
{
    void *field = (char *)out + setting->offset;

    switch (setting->kind) {
    case CONFIG_TEXT:
        return store_text(setting, value, field, fault);
    case CONFIG_INT:
        return store_int(setting, value, field, fault);
    case CONFIG_BOOL:
        return store_bool(setting, value, field, fault);
    case CONFIG_CHOICE:
        return store_choice(setting, value, field, fault);
    }
    return false;
}

static bool store_text(const struct config_setting *setting, const char *value, const char **field, struct buf *fault)
{
    if (!str_is_utf8(value, strlen(value)) || str_has_control(value, false)) {
        buf_add_text(fault, "holds control characters, or is not UTF-8");
        return false;
    }
    if (setting->secret && is_sample(value)) {
        add_shown(fault, setting, value);
        buf_add_text(fault, " is a sample: write one of your own (deploy/init-secrets makes random ones)");
        return false;
    }
    const char *wrong = setting->check ? setting->check(value) : NULL;
    if (wrong) {
        add_shown(fault, setting, value);
        buf_printf(fault, " %s", wrong);
        return false;
    }
    *field = value;
    return true;
}

/* What stands in manuals and sample files is known to everybody. */
static bool is_sample(const char *value)
{
    static const char *const marks[] = { "change-me", "change_me", "changeme", "replace-me", "<password>" };
    static const char *const passwords[] = { "password", "secret", "example", "sample", "postgres", "admin", "123456" };
    static const char *const keys[] = { "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
                                        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" };

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        if (strcasestr(value, marks[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strcmp(value, keys[i]) == 0) {
            return true;
        }
    }
    const char *scheme = strstr(value, "://");
    const char *authority = scheme ? scheme + 3 : "";
    const char *at = memrchr(authority, '@', strcspn(authority, "/?#"));
    const char *password = at ? memchr(authority, ':', (size_t)(at - authority)) : NULL;
    for (size_t i = 0; password && i < sizeof passwords / sizeof passwords[0]; i++) {
        if (strlen(passwords[i]) == (size_t)(at - password - 1) &&
            strncasecmp(passwords[i], password + 1, strlen(passwords[i])) == 0) {
            return true;
        }
    }
    return false;
}

static bool store_int(const struct config_setting *setting, const char *value, int64_t *field, struct buf *fault)
{
    int64_t number;

    if (!str_parse_int(value, setting->min, setting->max, &number)) {
        add_shown(fault, setting, value);
        buf_printf(fault, " is not a whole number from %" PRId64 " to %" PRId64, setting->min, setting->max);
        return false;
    }
    *field = number;
    return true;
}

static bool store_bool(const struct config_setting *setting, const char *value, bool *field, struct buf *fault)
{
    static const char *const words[] = { "false", "true", "off", "on", "0", "1" };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(value, words[i]) == 0) {
            *field = i % 2 == 1;
            return true;
        }
    }
    add_shown(fault, setting, value);
    buf_add_text(fault, " is not one of true, false, on, off, 1, 0");
    return false;
}

static bool store_choice(const struct config_setting *setting, const char *value, int *field, struct buf *fault)
{
    const char *choice = setting->choices;
    size_t wanted = strlen(value);

    for (int index = 0;; index++) {
        size_t length = strcspn(choice, "|");
        if (length == wanted && memcmp(choice, value, length) == 0) {
            *field = index;
            return true;
        }
        if (!choice[length]) {
            break;
        }
        choice += length + 1;
    }
    add_shown(fault, setting, value);
    buf_add_text(fault, " is not one of ");
    config_value_add_choices(fault, setting->choices);
    return false;
}

/* The value for a fault's line: as it is when it is plain, else quoted and cut. */
static void add_shown(struct buf *to, const struct config_setting *setting, const char *value)
{
    size_t length = strnlen(value, SHOWN_MAX + 1), plain = 0;

    if (setting->secret) {
        buf_add_text(to, "the value (not shown)");
        return;
    }
    while (value[plain] > ' ' && value[plain] < 0x7F) {
        plain++;
    }
    if (!value[plain] && length <= SHOWN_MAX) {
        buf_add_text(to, value);
        return;
    }
    buf_add_json(to, value, length <= SHOWN_MAX ? length : SHOWN_MAX);
    buf_add_text(to, length <= SHOWN_MAX ? "" : "...");
}

void config_value_add_choices(struct buf *to, const char *choices)
{
    for (; *choices; choices++) {
        if (*choices == '|') {
            buf_add_text(to, ", ");
        } else {
            buf_add_char(to, *choices);
        }
    }
}
