/* config.c - reads a daemon's settings from the environment by its tables; see config.h.
 *
 * Nothing here stops at the first fault: an operator who mends one setting should not find the next one by another
 * start. A value that is shown in a fault is never a secret's.
 */
#include "common/base/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/config_value.h"
#include "common/base/log.h"

#define FILE_SIZE_MAX (64 * 1024)

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
static void fault(struct load *load, struct reading *reading, const char *format, ...) __attribute__((format(printf, 3, 4)));

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
    const char *name = arena_printf(load->arena, CONFIG_PREFIX "%s", reading->setting->name);
    const char *file_name = arena_printf(load->arena, CONFIG_PREFIX "%s_FILE", reading->setting->name);
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
    struct buf wrong = { 0 };

    if (!config_value_store(reading->setting, reading->value, load->out, &wrong)) {
        fault(load, reading, "%s", wrong.data);
    }
    buf_clear(&wrong);
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

void config_warn_exposed(const struct config_setting *const *tables)
{
    for (; *tables; tables++) {
        for (const struct config_setting *setting = *tables; setting->name; setting++) {
            char variable[128];
            snprintf(variable, sizeof variable, CONFIG_PREFIX "%s_FILE", setting->name);
            const char *path = setting->secret ? getenv(variable) : NULL;
            if (path && *path && (mode_of(path) & S_IROTH) && !str_starts_with(path, "/run/secrets/")) {
                log_warn("config.secret_file_readable_by_all", LOG_TEXT("variable", variable), LOG_TEXT("file", path));
            }
        }
    }
}

void config_wipe_environment(const struct config_setting *const *tables)
{
    for (; *tables; tables++) {
        for (const struct config_setting *setting = *tables; setting->name; setting++) {
            char variable[128];
            snprintf(variable, sizeof variable, CONFIG_PREFIX "%s", setting->name);
            char *value = setting->secret ? getenv(variable) : NULL;
            if (value) {
                explicit_bzero(value, strlen(value));
            }
        }
    }
}
