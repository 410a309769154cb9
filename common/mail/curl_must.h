/* curl_must.h - for calls of libcurl that only fail when memory is out, or when libcurl is not the one this was built for. */
#ifndef SHARELINK_MAIL_CURL_MUST_H
#define SHARELINK_MAIL_CURL_MUST_H

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

static inline void curl_must(CURLcode outcome)
{
    if (outcome != CURLE_OK) {
        fprintf(stderr, "libcurl: %s\n", curl_easy_strerror(outcome));
        abort();
    }
}

#endif
