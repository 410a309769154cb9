/* smtp_server.c - see the header. */
#include "common/mail/smtp_server.h"

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
