/* config_checks.c - the checks of values that settings name in their tables: the form of URLs, addresses, keys, files. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/config.h"

enum port_need { PORT_OPTIONAL, PORT_REQUIRED };

static bool is_host_port(const char *text, size_t length, enum port_need need);
static bool is_host(const char *text, size_t length);
static bool is_port(const char *text, size_t length, int64_t min);
static bool has_blank_or_control(const char *text);
static const char *after_userinfo(const char *text, size_t length);

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
    return !*path || str_equal(path, "/") || (*path == '/' && path[1] != '-' && str_parse_int(path + 1, 0, 65535, &database))
               ? NULL
               : wrong;
}

const char *config_check_smtp_url(const char *value)
{
    static const char wrong[] = "is not a URL such as smtp://user:password@host:587 or smtps://host";
    const char *rest = str_starts_with(value, "smtp://") ? value + 7 : str_starts_with(value, "smtps://") ? value + 8 : "";

    const char *host = after_userinfo(rest, strlen(rest));
    return !has_blank_or_control(rest) && is_host_port(host, strlen(host), PORT_OPTIONAL) ? NULL : wrong;
}

const char *config_check_http_url(const char *value)
{
    static const char wrong[] = "is not a URL such as https://share.example.com: scheme, host and port, nothing after them";
    const char *rest = str_starts_with(value, "http://") ? value + 7 : str_starts_with(value, "https://") ? value + 8 : "";

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
    static const char wrong[] = "is not a mail address, or a name and an address such as Sharelink <noreply@example.com>";
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
        has_certificate =
            str_starts_with(line, "-----BEGIN CERTIFICATE-----") || str_starts_with(line, "-----BEGIN TRUSTED CERTIFICATE-----");
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
        return strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_") >= length && text[0] != '.' &&
               text[0] != '-';
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
