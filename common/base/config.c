/* config.c - reads a daemon's settings from the environment by its tables; see config.h.
 *
 * Nothing here stops at the first fault: an operator who mends one setting should not find the next one by another
 * start. A value that is shown in a fault is never a secret's.
 */
#include "common/base/config.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/log.h"

#define PREFIX        "SHARELINK_"
#define FILE_SIZE_MAX (64 * 1024)
#define SHOWN_MAX     60 /* bytes of a faulty value */

enum port_need { PORT_OPTIONAL, PORT_REQUIRED };

struct load {
    void *out;
    struct arena *arena;
    struct buf *faults;
    int fault_count;
};

/* One setting while it is read. */
struct reading {
    const struct config_setting *setting;
    const char *variable; /* what a fault is about: SHARELINK_NAME, or SHARELINK_NAME_FILE */
    const char *value;    /* in the arena; NULL when unset */
    bool faulty;
};

static void load_setting(struct load *load, const struct config_setting *setting);
static void read_value(struct load *load, struct reading *reading);
static const char *environment(const char *variable);
static const char *read_file(struct load *load, struct reading *reading, const char *path);
static mode_t mode_of(const char *path);
static ssize_t read_all(const char *path, char *to, size_t size);
static void store(struct load *load, struct reading *reading);
static void store_text(struct load *load, struct reading *reading);
static bool is_sample(const char *value);
static void store_int(struct load *load, struct reading *reading);
static void store_bool(struct load *load, struct reading *reading);
static void store_choice(struct load *load, struct reading *reading);
static void *field(const struct load *load, const struct reading *reading);
static void fault(struct load *load, struct reading *reading, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static const char *shown(struct load *load, const struct reading *reading);
static void add_choices(struct buf *to, const char *choices);
static void describe_setting(const struct config_setting *setting, struct buf *to);
static bool is_known(const struct config_setting *const *tables, const char *const *known_elsewhere, const char *name,
                     size_t length);
static bool is_host_port(const char *text, size_t length, enum port_need need);
static bool is_host(const char *text, size_t length);
static bool is_port(const char *text, size_t length, int64_t min);
static bool has_blank_or_control(const char *text);
static const char *after_userinfo(const char *text, size_t length);

int config_load(const struct config_setting *const *tables, void *out, struct arena *arena, struct buf *faults)
{
    struct load load = { .out = out, .arena = arena, .faults = faults };

    for (; *tables; tables++) {
        for (const struct config_setting *setting = *tables; setting->name; setting++) {
            load_setting(&load, setting);
        }
    }
    return load.fault_count;
}

static void load_setting(struct load *load, const struct config_setting *setting)
{
    struct reading reading = { .setting = setting };

    read_value(load, &reading);
    if (reading.faulty) {
        return;
    }
    if (!reading.value) {
        reading.value = setting->fallback;
    }
    if (reading.value) {
        store(load, &reading);
    } else if (!setting->optional) {
        fault(load, &reading, "is required; set it, or %s_FILE", reading.variable);
    }
}

/* Leaves value NULL when the setting is unset; an empty variable or file counts as unset. */
static void read_value(struct load *load, struct reading *reading)
{
    const char *name = arena_printf(load->arena, PREFIX "%s", reading->setting->name);
    const char *file_name = arena_printf(load->arena, PREFIX "%s_FILE", reading->setting->name);
    const char *value = environment(name), *path = environment(file_name);

    reading->variable = name;
    if (value && path) {
        fault(load, reading, "is set, and %s too; keep one of them", file_name);
    } else if (path) {
        reading->variable = file_name;
        reading->value = read_file(load, reading, path);
        if (!reading->value) {
            reading->variable = name;
        }
    } else {
        reading->value = arena_strdup(load->arena, value);
    }
}

static const char *environment(const char *variable)
{
    const char *value = getenv(variable);

    return value && *value ? value : NULL;
}

static const char *read_file(struct load *load, struct reading *reading, const char *path)
{
    char *text = arena_alloc(load->arena, FILE_SIZE_MAX + 2);
    ssize_t length = read_all(path, text, FILE_SIZE_MAX + 1);

    if (length < 0) {
        fault(load, reading, "cannot read %s: %s", path, strerror(errno));
        return NULL;
    }
    if (reading->setting->secret && (mode_of(path) & S_IWOTH)) {
        fault(load, reading, "%s may be written by everybody, so anybody may set it: chmod o-w", path);
        return NULL;
    }
    if (length > FILE_SIZE_MAX) {
        fault(load, reading, "%s is larger than %d bytes", path, FILE_SIZE_MAX);
        return NULL;
    }
    if (length > 0 && text[length - 1] == '\n') {
        text[--length] = '\0';
    }
    if (strlen(text) != (size_t)length) {
        fault(load, reading, "%s holds a NUL byte", path);
        return NULL;
    }
    return length > 0 ? text : NULL;
}

static mode_t mode_of(const char *path)
{
    struct stat found;

    return stat(path, &found) == 0 ? found.st_mode : 0;
}

/* Bytes read, at most size; -1 with errno. */
static ssize_t read_all(const char *path, char *to, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t got = -1;

    if (fd < 0) {
        return -1;
    }
    do {
        got = read(fd, to + length, size - length);
        length += got > 0 ? (size_t)got : 0;
    } while ((got > 0 && length < size) || (got < 0 && errno == EINTR));
    int saved_errno = errno;
    close(fd);
    errno = saved_errno;
    return got < 0 ? -1 : (ssize_t)length;
}

static void store(struct load *load, struct reading *reading)
{
    switch (reading->setting->kind) {
    case CONFIG_TEXT:
        store_text(load, reading);
        break;
    case CONFIG_INT:
        store_int(load, reading);
        break;
    case CONFIG_BOOL:
        store_bool(load, reading);
        break;
    case CONFIG_CHOICE:
        store_choice(load, reading);
        break;
    }
}

static void store_text(struct load *load, struct reading *reading)
{
    const struct config_setting *setting = reading->setting;

    if (!str_is_utf8(reading->value, strlen(reading->value)) || str_has_control(reading->value, false)) {
        fault(load, reading, "holds control characters, or is not UTF-8");
        return;
    }
    if (setting->secret && is_sample(reading->value)) {
        fault(load, reading, "%s is a sample: write one of your own (deploy/init-secrets makes random ones)", shown(load, reading));
        return;
    }
    const char *wrong = setting->check ? setting->check(reading->value) : NULL;
    if (wrong) {
        fault(load, reading, "%s %s", shown(load, reading), wrong);
        return;
    }
    *(const char **)field(load, reading) = reading->value;
}

/* What stands in manuals and sample files is known to everybody. */
static bool is_sample(const char *value)
{
    static const char *const marks[] = { "change-me", "change_me", "changeme", "replace-me", "<password>" };
    static const char *const passwords[] = { "password", "secret", "example", "sample", "postgres", "admin", "123456" };
    static const char *const keys[] = { "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" };

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
        if (strlen(passwords[i]) == (size_t)(at - password - 1) && strncasecmp(passwords[i], password + 1, strlen(passwords[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void store_int(struct load *load, struct reading *reading)
{
    const struct config_setting *setting = reading->setting;
    int64_t value;

    if (!str_parse_int(reading->value, setting->min, setting->max, &value)) {
        fault(load, reading, "%s is not a whole number from %" PRId64 " to %" PRId64, shown(load, reading),
              setting->min, setting->max);
        return;
    }
    *(int64_t *)field(load, reading) = value;
}

static void store_bool(struct load *load, struct reading *reading)
{
    static const char *const words[] = { "false", "true", "off", "on", "0", "1" };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(reading->value, words[i]) == 0) {
            *(bool *)field(load, reading) = i % 2 == 1;
            return;
        }
    }
    fault(load, reading, "%s is not one of true, false, on, off, 1, 0", shown(load, reading));
}

static void store_choice(struct load *load, struct reading *reading)
{
    const char *choice = reading->setting->choices;
    size_t wanted = strlen(reading->value);

    for (int index = 0;; index++) {
        size_t length = strcspn(choice, "|");
        if (length == wanted && memcmp(choice, reading->value, length) == 0) {
            *(int *)field(load, reading) = index;
            return;
        }
        if (!choice[length]) {
            break;
        }
        choice += length + 1;
    }
    struct buf choices = { 0 };
    add_choices(&choices, reading->setting->choices);
    fault(load, reading, "%s is not one of %s", shown(load, reading), choices.data);
    buf_clear(&choices);
}

static void *field(const struct load *load, const struct reading *reading)
{
    return (char *)load->out + reading->setting->offset;
}

static void fault(struct load *load, struct reading *reading, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buf_printf(load->faults, "%s: %s\n", reading->variable, arena_vprintf(load->arena, format, args));
    va_end(args);
    load->fault_count++;
    reading->faulty = true;
}

/* The value for a fault's line: as it is when it is plain, else quoted and cut. */
static const char *shown(struct load *load, const struct reading *reading)
{
    const char *value = reading->value;
    size_t length = strnlen(value, SHOWN_MAX + 1), plain = 0;
    struct buf quoted = { 0 };

    if (reading->setting->secret) {
        return "the value (not shown)";
    }
    while (value[plain] > ' ' && value[plain] < 0x7F) {
        plain++;
    }
    if (!value[plain] && length <= SHOWN_MAX) {
        return value;
    }
    buf_add_json(&quoted, value, length <= SHOWN_MAX ? length : SHOWN_MAX);
    const char *text = arena_printf(load->arena, "%s%s", quoted.data, length <= SHOWN_MAX ? "" : "...");
    buf_clear(&quoted);
    return text;
}

/* --- --help, and settings that nobody reads --- */

void config_describe(const struct config_setting *const *tables, struct buf *to)
{
    buf_add(to, "", 0);
    for (; *tables; tables++) {
        for (const struct config_setting *setting = *tables; setting->name; setting++) {
            describe_setting(setting, to);
        }
    }
}

static void describe_setting(const struct config_setting *setting, struct buf *to)
{
    buf_printf(to, "  " PREFIX "%s  (", setting->name);
    switch (setting->kind) {
    case CONFIG_TEXT:
        buf_add_text(to, "text");
        break;
    case CONFIG_INT:
        buf_printf(to, "whole number from %" PRId64 " to %" PRId64, setting->min, setting->max);
        break;
    case CONFIG_BOOL:
        buf_add_text(to, "on or off");
        break;
    case CONFIG_CHOICE:
        add_choices(to, setting->choices);
        break;
    }
    if (setting->fallback) {
        buf_printf(to, "; default %s", setting->fallback);
    } else {
        buf_add_text(to, setting->optional ? "; optional" : "; required");
    }
    buf_printf(to, "%s)\n      %s\n", setting->secret ? "; secret" : "", setting->about);
}

static void add_choices(struct buf *to, const char *choices)
{
    for (; *choices; choices++) {
        if (*choices == '|') {
            buf_add_text(to, ", ");
        } else {
            buf_add_char(to, *choices);
        }
    }
}

void config_warn_unknown(const struct config_setting *const *tables, const char *const *known_elsewhere)
{
    for (char **entry = environ; *entry; entry++) {
        if (!str_starts_with(*entry, PREFIX)) {
            continue;
        }
        size_t length = strcspn(*entry, "=");
        const char *name = *entry + strlen(PREFIX);
        size_t name_length = length - strlen(PREFIX);
        bool is_file = name_length > 5 && memcmp(name + name_length - 5, "_FILE", 5) == 0;

        if (is_known(tables, known_elsewhere, name, name_length) ||
            (is_file && is_known(tables, known_elsewhere, name, name_length - 5))) {
            continue;
        }
        char *variable = mem_alloc(length + 1);
        memcpy(variable, *entry, length);
        log_warn("config.unknown_setting", LOG_TEXT("variable", variable));
        free(variable);
    }
}

void config_warn_exposed(const struct config_setting *const *tables)
{
    for (; *tables; tables++) {
        for (const struct config_setting *setting = *tables; setting->name; setting++) {
            char variable[128];
            snprintf(variable, sizeof variable, PREFIX "%s_FILE", setting->name);
            const char *path = setting->secret ? getenv(variable) : NULL;
            if (path && *path && (mode_of(path) & S_IROTH) && !str_starts_with(path, "/run/secrets/")) {
                log_warn("config.secret_file_readable_by_all", LOG_TEXT("variable", variable), LOG_TEXT("file", path));
            }
        }
    }
}

static bool is_known(const struct config_setting *const *tables, const char *const *known_elsewhere, const char *name,
                     size_t length)
{
    for (; *tables; tables++) {
        for (const struct config_setting *setting = *tables; setting->name; setting++) {
            if (strlen(setting->name) == length && memcmp(setting->name, name, length) == 0) {
                return true;
            }
        }
    }
    for (; known_elsewhere && *known_elsewhere; known_elsewhere++) {
        if (strlen(*known_elsewhere) == length && memcmp(*known_elsewhere, name, length) == 0) {
            return true;
        }
    }
    return false;
}

/* --- checks --- */

const char *config_check_postgres_url(const char *value)
{
    static const char wrong[] = "is not a URL such as postgresql://user:password@host:5432/database";
    const char *rest = str_starts_with(value, "postgresql://") ? value + 13
                       : str_starts_with(value, "postgres://") ? value + 11
                                                               : "";

    return *rest && !has_blank_or_control(rest) ? NULL : wrong;
}

const char *config_check_redis_url(const char *value)
{
    static const char wrong[] = "is not a URL such as redis://user:password@host:6379/0 or unix:///path";

    if (has_blank_or_control(value)) {
        return wrong;
    }
    if (str_starts_with(value, "unix:///")) {
        return value[8] ? NULL : wrong;
    }
    if (!str_starts_with(value, "redis://")) {
        return wrong;
    }
    value += strlen("redis://");
    size_t length = strcspn(value, "/?#");
    const char *host = after_userinfo(value, length), *path = value + length;
    int64_t database;

    if (!is_host_port(host, (size_t)(path - host), PORT_OPTIONAL)) {
        return wrong;
    }
    return !*path || str_equal(path, "/") ||
                   (*path == '/' && path[1] != '-' && str_parse_int(path + 1, 0, 65535, &database))
               ? NULL
               : wrong;
}

const char *config_check_smtp_url(const char *value)
{
    static const char wrong[] = "is not a URL such as smtp://user:password@host:587 or smtps://host";
    const char *rest = str_starts_with(value, "smtp://")    ? value + 7
                       : str_starts_with(value, "smtps://") ? value + 8
                                                            : "";

    const char *host = after_userinfo(rest, strlen(rest));
    return !has_blank_or_control(rest) && is_host_port(host, strlen(host), PORT_OPTIONAL) ? NULL : wrong;
}

const char *config_check_http_url(const char *value)
{
    static const char wrong[] =
        "is not a URL such as https://share.example.com: scheme, host and port, nothing after them";
    const char *rest = str_starts_with(value, "http://")    ? value + 7
                       : str_starts_with(value, "https://") ? value + 8
                                                            : "";

    return is_host_port(rest, strlen(rest), PORT_OPTIONAL) ? NULL : wrong;
}

const char *config_check_listen(const char *value)
{
    static const char wrong[] = "is not an address and a port such as 127.0.0.1:8080 or [::]:8080";
    char address[INET6_ADDRSTRLEN];
    unsigned char parsed[16];
    const char *colon = strrchr(value, ':');
    bool is_v6 = value[0] == '[';

    if (!colon || !is_port(colon + 1, strlen(colon + 1), 0) || (is_v6 && (colon < value + 2 || colon[-1] != ']'))) {
        return wrong;
    }
    size_t length = (size_t)(colon - value) - (is_v6 ? 2 : 0);
    if (length >= sizeof address) {
        return wrong;
    }
    memcpy(address, value + is_v6, length);
    address[length] = '\0';
    return inet_pton(is_v6 ? AF_INET6 : AF_INET, address, parsed) == 1 ? NULL : wrong;
}

/* Canonical, so that one key has one spelling: the daemons that share it may compare what they were given. */
const char *config_check_secret_key(const char *value)
{
    static const char wrong[] = "is not the base64 of exactly 32 bytes; make one with: openssl rand -base64 32";
    char url_form[44];
    uint8_t key[32];

    if (strlen(value) != 44 || value[43] != '=' || strpbrk(value, "-_")) {
        return wrong;
    }
    for (int i = 0; i < 43; i++) {
        url_form[i] = value[i] == '+' ? '-' : value[i] == '/' ? '_' : value[i];
    }
    url_form[43] = '\0';
    long length = str_base64url_decode(key, sizeof key, url_form);
    bool all_same = length == (long)sizeof key && memcmp(key, key + 1, sizeof key - 1) == 0;

    explicit_bzero(url_form, sizeof url_form);
    explicit_bzero(key, sizeof key);
    if (length != (long)sizeof key) {
        return wrong;
    }
    return all_same ? "is one byte repeated; make a random key with: openssl rand -base64 32" : NULL;
}

const char *config_check_mail_from(const char *value)
{
    static const char wrong[] =
        "is not a mail address, or a name and an address such as Sharelink <noreply@example.com>";
    char address[256];
    const char *open = strchr(value, '<');

    if (!open) {
        return str_is_mail_address(value) ? NULL : wrong;
    }
    size_t length = strlen(open + 1);
    bool named = open > value && strspn(value, " ") < (size_t)(open - value);
    if (!named || strchr(value, '"') || str_has_control(value, false) || length < 2 || length > sizeof address ||
        open[length] != '>') {
        return wrong;
    }
    memcpy(address, open + 1, length - 1);
    address[length - 1] = '\0';
    return str_is_mail_address(address) ? NULL : wrong;
}

const char *config_check_directory(const char *value)
{
    DIR *directory = opendir(value);

    if (!directory) {
        return errno == ENOENT    ? "does not exist"
               : errno == ENOTDIR ? "is not a directory"
                                  : "is a directory that cannot be read";
    }
    closedir(directory);
    return access(value, R_OK | X_OK) == 0 ? NULL : "is a directory that cannot be read";
}

const char *config_check_certificates(const char *value)
{
    FILE *file = fopen(value, "re");
    char line[256];
    bool has_certificate = false;

    if (!file) {
        return errno == ENOENT ? "does not exist" : "is a file that cannot be read";
    }
    while (!has_certificate && fgets(line, sizeof line, file)) {
        has_certificate = str_starts_with(line, "-----BEGIN CERTIFICATE-----") || str_starts_with(line, "-----BEGIN TRUSTED CERTIFICATE-----");
    }
    fclose(file);
    return has_certificate ? NULL : "holds no certificate in PEM's form";
}

/* host, host:port, [v6] or [v6]:port. */
static bool is_host_port(const char *text, size_t length, enum port_need need)
{
    size_t host_length = text[0] == '[' ? strcspn(text, "]") + 1 : strcspn(text, ":/@?#");

    if (host_length > length || !is_host(text, host_length)) {
        return false;
    }
    if (host_length == length) {
        return need == PORT_OPTIONAL;
    }
    return text[host_length] == ':' && is_port(text + host_length + 1, length - host_length - 1, 1);
}

static bool is_host(const char *text, size_t length)
{
    char address[INET6_ADDRSTRLEN];
    unsigned char parsed[16];

    if (length == 0 || length > 253) {
        return false;
    }
    if (text[0] != '[') {
        return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_") >= length &&
               text[0] != '.' && text[0] != '-';
    }
    if (length < 4 || length - 2 >= sizeof address || text[length - 1] != ']') {
        return false;
    }
    memcpy(address, text + 1, length - 2);
    address[length - 2] = '\0';
    return inet_pton(AF_INET6, address, parsed) == 1;
}

static bool is_port(const char *text, size_t length, int64_t min)
{
    char digits[6];
    int64_t port;

    if (length == 0 || length >= sizeof digits || *text == '-') {
        return false;
    }
    memcpy(digits, text, length);
    digits[length] = '\0';
    return str_parse_int(digits, min, 65535, &port);
}

static bool has_blank_or_control(const char *text)
{
    return strchr(text, ' ') || str_has_control(text, false);
}

/* What follows the last @ of the first length bytes: a password may hold one. */
static const char *after_userinfo(const char *text, size_t length)
{
    const char *at = memrchr(text, '@', length);

    return at ? at + 1 : text;
}
