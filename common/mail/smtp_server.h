/* smtp_server.h - the mail server's URL as libcurl gets it: without credentials, with our name for EHLO. mail_check_url and
 * mail_requires_tls are here.
 */
#ifndef SHARELINK_MAIL_SMTP_SERVER_H
#define SHARELINK_MAIL_SMTP_SERVER_H

#include <curl/curl.h>

/* Sets user and password of the handle. The URL without them, to be freed; NULL when it cannot be used. */
char *smtp_server_set(CURL *curl, const char *url);

#endif
