/* smtp_server.c - see the header. */
#include "common/mail/smtp_server.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/config.h"
#include "common/base/str.h"
#include "common/mail/curl_must.h"
#include "common/mail/mail.h"

static CURLU *read_url(const char *text);
static bool can_be_decoded(CURLU *url, CURLUPart part);
static void set_credential(CURL *curl, CURLU *url, CURLUPart part, CURLoption option);
static char *ehlo_path(void);
static bool is_on(const char *setting);
static bool is_near(const char *host);
static bool is_loopback(const char *host);

const char *mail_check_url(const char *text)
{
    const char *fault = config_check_smtp_url(text);

    if (fault) {
        return fault;
    }
    CURLU *url = read_url(text);
    curl_url_cleanup(url);
    return url ? NULL : "cannot be read: in user and password write @ as %40, / as %2F, : as %3A, ? as %3F, # as %23, % as %25";
}

/* NULL when libcurl finds no server in it, or something else than we mean: what follows a / in a password is a path to it. */
static CURLU *read_url(const char *text)
{
    CURLU *url = curl_url();
    char *path = NULL;

    if (!url) {
        mem_fail();
    }
    bool is_good = curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK &&
                   curl_url_get(url, CURLUPART_PATH, &path, 0) == CURLUE_OK && strcmp(path, "/") == 0 &&
                   can_be_decoded(url, CURLUPART_USER) && can_be_decoded(url, CURLUPART_PASSWORD);
    curl_free(path);
    if (!is_good) {
        curl_url_cleanup(url);
        return NULL;
    }
    return url;
}

static bool can_be_decoded(CURLU *url, CURLUPart part)
{
    char *value = NULL;
    CURLUcode outcome = curl_url_get(url, part, &value, CURLU_URLDECODE);

    curl_free(value);
    return outcome == CURLUE_OK || outcome == CURLUE_NO_USER || outcome == CURLUE_NO_PASSWORD;
}

/* libcurl keeps no secret out of its errors when the URL holds one, and reads its path as the name for EHLO. */
char *smtp_server_set(CURL *curl, const char *text)
{
    CURLU *url = read_url(text);
    char *whole = NULL, *stripped = NULL;

    if (!url) {
        return NULL;
    }
    set_credential(curl, url, CURLUPART_USER, CURLOPT_USERNAME);
    set_credential(curl, url, CURLUPART_PASSWORD, CURLOPT_PASSWORD);
    char *ehlo = ehlo_path();
    curl_url_set(url, CURLUPART_PATH, ehlo, 0);
    free(ehlo);
    if (curl_url_get(url, CURLUPART_URL, &whole, 0) == CURLUE_OK) {
        stripped = mem_strdup(whole);
    }
    curl_free(whole);
    curl_url_cleanup(url);
    return stripped;
}

static void set_credential(CURL *curl, CURLU *url, CURLUPart part, CURLoption option)
{
    char *value = NULL;

    if (curl_url_get(url, part, &value, CURLU_URLDECODE) == CURLUE_OK) {
        curl_must(curl_easy_setopt(curl, option, value));
        curl_free(value);
        curl_url_set(url, part, NULL, 0);
    }
}

static char *ehlo_path(void)
{
    char host[256] = "";
    struct buf path = { 0 };

    gethostname(host, sizeof host - 1);
    bool is_usable = isalnum((unsigned char)host[0]);
    for (const char *at = host; *at; at++) {
        is_usable = is_usable && (isalnum((unsigned char)*at) || *at == '-' || *at == '.');
    }
    buf_printf(&path, "/%s", is_usable ? host : "localhost");
    return path.data;
}

/* --- TLS --- */

const char *mail_check_tls(const char *setting)
{
    bool is_off = str_equal(setting, "off") || str_equal(setting, "false") || str_equal(setting, "0");

    return is_on(setting) || is_off ? NULL : "is not on or off";
}

static bool is_on(const char *setting)
{
    return str_equal(setting, "on") || str_equal(setting, "true") || str_equal(setting, "1");
}

bool mail_requires_tls(const char *setting, const char *url)
{
    CURLU *read = setting ? NULL : read_url(url);
    char *host = NULL;

    if (setting) {
        return is_on(setting);
    }
    bool required = !read || curl_url_get(read, CURLUPART_HOST, &host, 0) != CURLUE_OK || !is_near(host);
    curl_free(host);
    curl_url_cleanup(read);
    return required;
}

/* A number without a dot is an address too. */
static bool is_near(const char *host)
{
    return is_loopback(host) || (isalpha((unsigned char)host[0]) && !strchr(host, '.'));
}

static bool is_loopback(const char *host)
{
    size_t length = strlen(host);
    char inner[INET6_ADDRSTRLEN] = "";
    struct in_addr v4;
    struct in6_addr v6;

    if (inet_pton(AF_INET, host, &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == 127;
    }
    if (host[0] != '[' || length < 2 || length - 2 >= sizeof inner) {
        return false;
    }
    memcpy(inner, host + 1, length - 2);
    return inet_pton(AF_INET6, inner, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}
