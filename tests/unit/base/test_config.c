/* test_config.c - settings from the environment and from files, and every fault that they can have. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/config.h"
#include "common/mail/mail.h"
#include "common/pg/pg.h"
#include "common/redis/redis.h"

struct settings {
    const char *url, *name;
    int64_t workers;
    bool fast;
    int level;
};

static const char *check_url(const char *value)
{
    return strstr(value, "://") ? NULL : "is no URL";
}

/* clang-format off */
static const struct config_setting first[] = {
    { .name = "T_URL", .kind = CONFIG_TEXT, .offset = offsetof(struct settings, url), .secret = true, .check = check_url, .about = "Where." },
    { .name = NULL },
};
static const struct config_setting second[] = {
    { .name = "T_NAME", .kind = CONFIG_TEXT, .offset = offsetof(struct settings, name), .optional = true, .about = "Who." },
    { .name = "T_WORKERS", .kind = CONFIG_INT, .offset = offsetof(struct settings, workers), .fallback = "4", .min = 1, .max = 64, .about = "How many." },
    { .name = "T_FAST", .kind = CONFIG_BOOL, .offset = offsetof(struct settings, fast), .fallback = "off", .about = "How." },
    { .name = "T_LEVEL", .kind = CONFIG_CHOICE, .offset = offsetof(struct settings, level), .fallback = "b", .choices = "a|b|ab", .about = "Which." },
    { .name = NULL },
};
/* clang-format on */
static const struct config_setting *const tables[] = { first, second, NULL };

struct loaded {
    struct arena *arena;
    struct buf faults;
    struct settings settings;
    int fault_count;
    char path[64];
};

static int set_up(void **state)
{
    static const char *const names[] = { "T_URL", "T_NAME", "T_WORKERS", "T_FAST", "T_LEVEL" };
    struct loaded *loaded = calloc(1, sizeof *loaded);
    char name[64];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(name, sizeof name, "SHARELINK_%s", names[i]);
        unsetenv(name);
        strcat(name, "_FILE");
        unsetenv(name);
    }
    setenv("SHARELINK_T_URL", "redis://host", 1);
    loaded->arena = arena_new();
    strcpy(loaded->path, "/tmp/sharelink-test-config-XXXXXX");
    int fd = mkstemp(loaded->path);
    if (fd < 0) {
        return -1;
    }
    close(fd);
    *state = loaded;
    return 0;
}

static int tear_down(void **state)
{
    struct loaded *loaded = *state;

    unlink(loaded->path);
    arena_free(loaded->arena);
    buf_clear(&loaded->faults);
    free(loaded);
    return 0;
}

static void load(struct loaded *loaded)
{
    buf_clear(&loaded->faults);
    loaded->settings = (struct settings){ .workers = -1, .level = -1 };
    loaded->fault_count = config_load(tables, &loaded->settings, loaded->arena, &loaded->faults);
}

static void assert_only_fault(struct loaded *loaded, const char *line)
{
    load(loaded);
    assert_int_equal(loaded->fault_count, 1);
    assert_string_equal(loaded->faults.data, line);
}

static void write_file(const struct loaded *loaded, const char *bytes, size_t length)
{
    FILE *file = fopen(loaded->path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void test_fallbacks_and_values(void **state)
{
    struct loaded *loaded = *state;

    load(loaded);
    assert_int_equal(loaded->fault_count, 0);
    assert_string_equal(loaded->settings.url, "redis://host");
    assert_null(loaded->settings.name);
    assert_int_equal(loaded->settings.workers, 4);
    assert_false(loaded->settings.fast);
    assert_int_equal(loaded->settings.level, 1);

    setenv("SHARELINK_T_NAME", "Zo\xC3\xAB", 1);
    setenv("SHARELINK_T_WORKERS", "64", 1);
    setenv("SHARELINK_T_FAST", "true", 1);
    setenv("SHARELINK_T_LEVEL", "ab", 1);
    load(loaded);
    assert_int_equal(loaded->fault_count, 0);
    assert_string_equal(loaded->settings.name, "Zo\xC3\xAB");
    assert_int_equal(loaded->settings.workers, 64);
    assert_true(loaded->settings.fast);
    assert_int_equal(loaded->settings.level, 2);
}

static void test_each_fault_is_told(void **state)
{
    struct loaded *loaded = *state;

    setenv("SHARELINK_T_WORKERS", "0", 1);
    assert_only_fault(loaded, "SHARELINK_T_WORKERS: 0 is not a whole number from 1 to 64\n");
    setenv("SHARELINK_T_WORKERS", "4 ", 1);
    assert_only_fault(loaded, "SHARELINK_T_WORKERS: \"4 \" is not a whole number from 1 to 64\n");
    unsetenv("SHARELINK_T_WORKERS");
    setenv("SHARELINK_T_FAST", "yes", 1);
    assert_only_fault(loaded, "SHARELINK_T_FAST: yes is not one of true, false, on, off, 1, 0\n");
    unsetenv("SHARELINK_T_FAST");
    setenv("SHARELINK_T_LEVEL", "a|b", 1);
    assert_only_fault(loaded, "SHARELINK_T_LEVEL: a|b is not one of a, b, ab\n");
    unsetenv("SHARELINK_T_LEVEL");
    setenv("SHARELINK_T_NAME", "a\nb", 1);
    assert_only_fault(loaded, "SHARELINK_T_NAME: holds control characters, or is not UTF-8\n");
    setenv("SHARELINK_T_NAME", "\xFF", 1);
    assert_only_fault(loaded, "SHARELINK_T_NAME: holds control characters, or is not UTF-8\n");
}

static void test_all_faults_are_collected(void **state)
{
    struct loaded *loaded = *state;

    setenv("SHARELINK_T_URL", "", 1); /* empty is unset */
    setenv("SHARELINK_T_WORKERS", "many", 1);
    setenv("SHARELINK_T_LEVEL", "c", 1);
    load(loaded);
    assert_int_equal(loaded->fault_count, 3);
    assert_non_null(strstr(loaded->faults.data, "SHARELINK_T_URL: is required; set it, or SHARELINK_T_URL_FILE\n"));
    assert_non_null(strstr(loaded->faults.data, "SHARELINK_T_WORKERS: many "));
    assert_non_null(strstr(loaded->faults.data, "SHARELINK_T_LEVEL: c "));
}

static void test_a_secret_is_never_shown(void **state)
{
    struct loaded *loaded = *state;

    setenv("SHARELINK_T_URL", "hunter2", 1);
    assert_only_fault(loaded, "SHARELINK_T_URL: the value (not shown) is no URL\n");
    setenv("SHARELINK_T_URL", "hunter2\x01://", 1);
    load(loaded);
    assert_int_equal(loaded->fault_count, 1);
    assert_null(strstr(loaded->faults.data, "hunter2"));
}

static void test_files(void **state)
{
    struct loaded *loaded = *state;
    struct buf expected = { 0 };

    setenv("SHARELINK_T_URL_FILE", loaded->path, 1);
    assert_only_fault(loaded, "SHARELINK_T_URL: is set, and SHARELINK_T_URL_FILE too; keep one of them\n");

    unsetenv("SHARELINK_T_URL");
    write_file(loaded, "redis://file\n", 13);
    load(loaded);
    assert_int_equal(loaded->fault_count, 0);
    assert_string_equal(loaded->settings.url, "redis://file");

    write_file(loaded, "redis://file\n\n", 14); /* only one newline is dropped */
    assert_only_fault(loaded, "SHARELINK_T_URL_FILE: holds control characters, or is not UTF-8\n");
    write_file(loaded, "redis://\0x", 10);
    buf_printf(&expected, "SHARELINK_T_URL_FILE: %s holds a NUL byte\n", loaded->path);
    assert_only_fault(loaded, expected.data);
    write_file(loaded, "\n", 1);
    assert_only_fault(loaded, "SHARELINK_T_URL: is required; set it, or SHARELINK_T_URL_FILE\n");
    setenv("SHARELINK_T_URL_FILE", "/nowhere/at/all", 1);
    assert_only_fault(loaded, "SHARELINK_T_URL_FILE: cannot read /nowhere/at/all: No such file or directory\n");
    setenv("SHARELINK_T_URL_FILE", "/tmp", 1);
    assert_only_fault(loaded, "SHARELINK_T_URL_FILE: cannot read /tmp: Is a directory\n");
    setenv("SHARELINK_T_URL_FILE", "/dev/zero", 1);
    assert_only_fault(loaded, "SHARELINK_T_URL_FILE: /dev/zero may be written by everybody, so anybody may set it: chmod o-w\n");

    static char large[65537];
    memset(large, 'x', sizeof large);
    write_file(loaded, large, sizeof large);
    setenv("SHARELINK_T_URL_FILE", loaded->path, 1);
    buf_clear(&expected);
    buf_printf(&expected, "SHARELINK_T_URL_FILE: %s is larger than 65536 bytes\n", loaded->path);
    assert_only_fault(loaded, expected.data);
    unsetenv("SHARELINK_T_URL_FILE");
    buf_clear(&expected);
}

static void test_describes_every_setting(void **state)
{
    struct buf text = { 0 };
    (void)state;

    config_describe(tables, &text);
    assert_non_null(strstr(text.data, "SHARELINK_T_URL  (text; required; secret)\n      Where.\n"));
    assert_non_null(strstr(text.data, "SHARELINK_T_WORKERS  (whole number from 1 to 64; default 4)\n"));
    assert_non_null(strstr(text.data, "SHARELINK_T_LEVEL  (a, b, ab; default b)\n"));
    buf_clear(&text);
}

static void test_unknown_variables_are_faults(void **state)
{
    static const char *const known[] = { "T_WORKERS", "T_URL", "SMTP_URL", "SMTP_CA_FILE", "OTHER", NULL };
    static const char *const wrong[][2] = {
        { "SHARELINK_T_WROKERS", "SHARELINK_T_WROKERS: is no setting; did you mean SHARELINK_T_WORKERS?\n" },
        { "SHARELINK_SMPT_URL", "SHARELINK_SMPT_URL: is no setting; did you mean SHARELINK_SMTP_URL?\n" },
        { "SHARELINK_SMPT_URL_FILE", "SHARELINK_SMPT_URL_FILE: is no setting; did you mean SHARELINK_SMTP_URL_FILE?\n" },
        { "SHARELINK_T_URL_FLIE", "SHARELINK_T_URL_FLIE: is no setting; did you mean SHARELINK_T_URL_FILE?\n" },
        { "SHARELINK_SMTP_CAFILE", "SHARELINK_SMTP_CAFILE: is no setting; did you mean SHARELINK_SMTP_CA_FILE?\n" },
        { "SHARELINK_VIEWS_WORKERS", "SHARELINK_VIEWS_WORKERS: is no setting; did you mean SHARELINK_T_WORKERS?\n" },
        { "SHARELINK_", "SHARELINK_: is no setting\n" },
        { "SHARELINK_ZZZ", "SHARELINK_ZZZ: is no setting\n" },
        { "SHARELINK_PORT", "SHARELINK_PORT: is no setting\n" },
        { "SHARELINK_T_URL_FILE_FILE", "SHARELINK_T_URL_FILE_FILE: is no setting; did you mean SHARELINK_T_URL_FILE?\n" },
    };
    struct buf faults = { 0 };
    char longest[300] = "SHARELINK_";
    (void)state;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        clearenv();
        setenv("SHARELINK_T_WORKERS", "1", 1);
        setenv("SHARELINK_T_URL_FILE", "/x", 1);
        setenv("SHARELINK_OTHER", "1", 1);
        setenv("SHARED_THING", "1", 1);
        setenv(wrong[i][0], "hunter2", 1);
        assert_int_equal(config_find_unknown(known, &faults), 1);
        assert_string_equal(faults.data, wrong[i][1]);
        buf_clear(&faults);
    }
    clearenv();
    memset(longest + strlen(longest), 'A', sizeof longest - strlen(longest) - 1);
    setenv(longest, "1", 1);
    setenv("SHARELINK_T_WORKERZ", "1", 1);
    assert_int_equal(config_find_unknown(known, &faults), 2);
    buf_clear(&faults);
}

static void test_what_nobody_misspelt_is_no_fault(void **state)
{
    static const char *const known[] = { "T_WORKERS", "T_URL", NULL };
    static const char *const fine[][2] = {
        { "SHARELINK_T_WROKERS", "" }, /* as good as none */
        { "SHARELINK_T_WORKERS", "1" },
        { "SHARELINK_T_URL_FILE", "/x" },
        { "XSHARELINK_T_WROKERS", "1" },
        { "SHARELINK", "1" },
        { "SHARELINK_SERVICE_HOST", "10.0.0.1" },
        { "SHARELINK_VIEWS_SERVICE_HOST", "10.0.0.1" },
        { "SHARELINK_VIEWS_SERVICE_PORT", "80" },
        { "SHARELINK_VIEWS_SERVICE_PORT_HTTP", "80" },
        { "SHARELINK_VIEWS_PORT", "tcp://10.0.0.1:80" },
        { "SHARELINK_VIEWS_PORT_80_TCP", "tcp://10.0.0.1:80" },
        { "SHARELINK_VIEWS_PORT_80_TCP_ADDR", "10.0.0.1" },
        { "SHARELINK_VIEWS_PORT_80_TCP_PORT", "80" },
        { "SHARELINK_VIEWS_PORT_80_TCP_PROTO", "tcp" },
    };
    struct buf faults = { 0 };
    (void)state;

    clearenv();
    for (size_t i = 0; i < sizeof fine / sizeof fine[0]; i++) {
        setenv(fine[i][0], fine[i][1], 1);
    }
    assert_int_equal(config_find_unknown(known, &faults), 0);
    assert_null(faults.data);
}

static void assert_checks(const char *(*check)(const char *), const char *const *good, const char *const *bad)
{
    for (; *good; good++) {
        if (check(*good)) {
            fail_msg("refused: %s", *good);
        }
    }
    for (; *bad; bad++) {
        const char *wrong = check(*bad);
        if (!wrong) {
            fail_msg("taken: %s", *bad);
        }
    }
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void test_checks_of_urls(void **state)
{
    (void)state;

    assert_checks(config_check_postgres_url, LIST("postgresql://u:p@h:1/db", "postgres:///db?host=/run"),
                  LIST("", "postgresql://", "mysql://h", "postgresql:h", "postgresql://a b"));
    assert_checks(config_check_redis_url,
                  LIST("redis://h", "redis://h/", "redis://u:p@h:6379/2", "redis://:p@ss@[::1]:6379", "unix:///run/redis.sock"),
                  LIST("", "redis://", "redis://:6379", "redis://h:0", "redis://h:65536", "redis://h:", "redis://h/x",
                       "redis://h/-1", "redis://h/1/2", "redis://h?db=1", "rediss://h", "unix://rel", "unix:///", "redis://h h",
                       "redis://[::1", "redis://[x]"));
    assert_checks(config_check_smtp_url, LIST("smtp://h", "smtps://u:p@mail.example.com:465", "smtp://127.0.0.1:1025"),
                  LIST("", "smtp://", "smtp://h/path", "http://h", "smtp://h:x", "smtp://u@"));
    assert_checks(config_check_http_url, LIST("http://localhost:8080", "https://share.example.com", "http://[::1]:1"),
                  LIST("", "https://", "https://h/", "https://h/x", "https://h?x", "https://h#x", "https://u@h", "ftp://h",
                       "https://h:99999", "https://a b", "https://h\n"));
}

/* What has the form of a URL may still be one that its library cannot read. */
static void test_checks_of_those_who_read_them(void **state)
{
    (void)state;

    assert_checks(
        pg_check_url,
        LIST("postgresql://u:p%40@h:1/db", "postgres:///db?host=/run", "postgresql://u@a,b/db?target_session_attrs=any"),
        LIST("", "mysql://h", "postgresql://u:p%zz@h/db", "postgresql://h/db?nonsense=1"));
    assert_checks(redis_check_url,
                  LIST("redis://h", "redis://u:p@h:6379/1023", "redis://:p@ss%25@[::1]:6379", "unix:///run/redis.sock"),
                  LIST("", "redis://secret@h", "redis://h/1024", "redis://u:p%zz@h"));
    assert_checks(mail_check_url,
                  LIST("smtp://h", "smtps://u:p%40%2F@mail.example.com:465", "smtp://u%40h:a%25b@h:587", "smtp://[::1]:25"),
                  LIST("", "smtp://u@", "smtp://u:a/b@h:587", "smtp://u:12/w@h:25", "smtp://u@x.org:p@h:25", "smtp://u:p@ss@h",
                       "smtp://u:p#w@h:25", "smtp://u:p?w@h", "smtp://u:p%0a@h"));
    assert_checks(mail_check_from, LIST("a@b.co", "Sharelink <a@b.co>", "Sharelink <a@m\xC3\xBCller.de>"),
                  LIST("", "Sharelink",
                       "Sharelink <a@a\xF0\x9F\x84\x81"
                       "b.co>",
                       "a@\xE2\x80\xAE.co"));
}

static void test_checks_of_certificates(void **state)
{
    char name[] = "/tmp/sharelink-test-XXXXXX";
    FILE *file = fdopen(mkstemp(name), "w");
    (void)state;

    assert_checks(config_check_certificates, LIST(NULL), LIST("/nowhere/at/all", "/tmp", name));
    fputs("A comment\n-----BEGIN CERTIFICATE-----\n", file);
    fclose(file);
    assert_checks(config_check_certificates, LIST(name), LIST(NULL));
    unlink(name);
}

static void test_other_checks(void **state)
{
    (void)state;

    assert_checks(config_check_listen, LIST("127.0.0.1:8080", "0.0.0.0:0", "[::]:65535", "[::1]:80"),
                  LIST("", "8080", ":8080", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
                       "::1:80", "[::1]", "[::1]80", "[:80", "[127.0.0.1]:80", "1.2.3.4.5:80"));
    assert_checks(config_check_secret_key,
                  LIST("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "8Z2Tq0m5kJx0bVw3nWJ7yHk2nEo4P2uQf1o9mXk+/rE="),
                  LIST("", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=",
                       "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "//////////////////////////////////////////8=",
                       "8Z2Tq0m5kJx0bVw3nWJ7yHk2nEo4P2uQf1o9mXk-_rE=", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n", "secret",
                       "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIj"));
    assert_checks(config_check_mail_from, LIST("a@b.co", "Sharelink <a@b.co>", "Zo\xC3\xAB, Ltd. <a@b.co>"),
                  LIST("", "Sharelink", "<a@b.co>", " <a@b.co>", "X <a@b.co", "X <a@b.co>>", "X <a@b>", "X <>", "X <a@b.co> Y",
                       "X\r\nBcc: y <a@b.co>", "\"X\" <a@b.co>", "X <a@b.co\r\n>"));
    assert_checks(config_check_directory, LIST("/tmp"), LIST("/nowhere/at/all", "/etc/hostname", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_fallbacks_and_values, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_each_fault_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_all_faults_are_collected, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_secret_is_never_shown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
        cmocka_unit_test(test_describes_every_setting),
        cmocka_unit_test(test_unknown_variables_are_faults),
        cmocka_unit_test(test_what_nobody_misspelt_is_no_fault),
        cmocka_unit_test(test_checks_of_urls),
        cmocka_unit_test(test_checks_of_those_who_read_them),
        cmocka_unit_test(test_checks_of_certificates),
        cmocka_unit_test(test_other_checks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
