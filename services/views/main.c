/* main.c - the views daemon: the page that a reviewer opens, and what may be seen on it.
 *
 * It owns visits and sessions in the schema views, and reads links and interviews through the views that the links service
 * publishes. It decides nothing about links. Start reading at routes.c.
 */
#include <string.h>

#include "common/daemon/daemon.h"
#include "common/loop/turns.h"
#include "common/data/networks.h"
#include "services/views/content_cache.h"
#include "services/views/fault_words.h"
#include "services/views/fetch/fetcher.h"
#include "services/views/handlers.h"
#include "services/views/make_content.h"
#include "services/views/searches.h"
#include "services/views/session.h"
#include "services/views/views.h"

static const char *check_prefix(const char *value);
static int check_settings(const void *given, struct buf *faults);

#define FIELD(member) offsetof(struct views_settings, member)

static const struct config_setting settings[] = {
    { .name = "MEDIA_DIR",
      .kind = CONFIG_TEXT,
      .offset = FIELD(media_dir),
      .optional = true,
      .check = config_check_directory,
      .about = "Folder that media:<path> of an interview is below; without it there are none." },
    { .name = "MEDIA_INTERNAL_PREFIX",
      .kind = CONFIG_TEXT,
      .offset = FIELD(media_internal_prefix),
      .optional = true,
      .check = check_prefix,
      .about = "Path such as /internal-media under which nginx has the media folder for X-Accel-Redirect; without it this daemon "
               "sends the files." },
    { .name = "S3_ENDPOINT",
      .kind = CONFIG_TEXT,
      .offset = FIELD(s3_endpoint),
      .optional = true,
      .check = config_check_http_url,
      .about = "The store of s3://bucket/key of an interview, such as https://s3.eu-central-1.amazonaws.com; without it there is "
               "none." },
    { .name = "S3_REGION",
      .kind = CONFIG_TEXT,
      .offset = FIELD(s3_region),
      .fallback = "us-east-1",
      .about = "The region that its URLs are signed for." },
    { .name = "S3_ACCESS_KEY_ID",
      .kind = CONFIG_TEXT,
      .offset = FIELD(s3_access_key_id),
      .optional = true,
      .about = "A key that may read the objects." },
    { .name = "S3_SECRET_ACCESS_KEY",
      .kind = CONFIG_TEXT,
      .offset = FIELD(s3_secret_access_key),
      .optional = true,
      .secret = true,
      .about = "Its secret." },
    { .name = "S3_PATH_STYLE",
      .kind = CONFIG_BOOL,
      .offset = FIELD(s3_path_style),
      .fallback = "off",
      .about = "Ask for endpoint/bucket/key instead of bucket.endpoint/key." },
    { .name = "ALLOW_HTTP_MEDIA",
      .kind = CONFIG_BOOL,
      .offset = FIELD(allow_http_media),
      .fallback = "off",
      .about = "Let the page load media by http: too; for tests, as the links daemon's." },
    { .name = "CONTENT_CACHE_MB",
      .kind = CONFIG_INT,
      .offset = FIELD(content_cache_mb),
      .fallback = "64",
      .min = 0,
      .max = 65536,
      .about = "Memory for lists and searched texts that were made before, in MiB; 0 makes each anew." },
    { .name = "GUESS_TRIES_PER_NETWORK",
      .kind = CONFIG_INT,
      .offset = FIELD(guess_tries_per_network),
      .fallback = "5",
      .min = 1,
      .max = 1000,
      .about = "Wrong passcodes for a reviewer's link from one network, before that network has to pause." },
    { .name = "GUESS_TRIES_PER_LINK",
      .kind = CONFIG_INT,
      .offset = FIELD(guess_tries_per_link),
      .fallback = "20",
      .min = 1,
      .max = 10000,
      .about = "Wrong passcodes for a reviewer's link from all networks together, before the link pauses." },
    { .name = "GUESS_WINDOW_SECONDS",
      .kind = CONFIG_INT,
      .offset = FIELD(guess_window_seconds),
      .fallback = "600",
      .min = 1,
      .max = 86400,
      .about = "Wrong passcodes are counted for so long." },
    { .name = "GUESS_PAUSE_SECONDS",
      .kind = CONFIG_INT,
      .offset = FIELD(guess_pause_seconds),
      .fallback = "60",
      .min = 1,
      .max = 86400,
      .about = "The first pause of a network; each further one within a day is twice as long." },
    { .name = "GUESS_LINK_PAUSE_SECONDS",
      .kind = CONFIG_INT,
      .offset = FIELD(guess_link_pause_seconds),
      .fallback = "300",
      .min = 1,
      .max = 86400,
      .about = "The first pause of a whole link; each further one within a day is twice as long." },
    { .name = "GUESS_PAUSE_MOST_SECONDS",
      .kind = CONFIG_INT,
      .offset = FIELD(guess_pause_most_seconds),
      .fallback = "3600",
      .min = 1,
      .max = 86400,
      .about = "The longest pause." },
    { .name = "UNUSUAL_OPENS",
      .kind = CONFIG_INT,
      .offset = FIELD(unusual_opens),
      .fallback = "99",
      .min = 1,
      .max = 1000000000,
      .about = "Opens of a reviewer's link within an hour that are usual; one more switches it off." },
    { .name = "UNUSUAL_NETWORKS",
      .kind = CONFIG_INT,
      .offset = FIELD(unusual_networks),
      .fallback = "9",
      .min = 1,
      .max = 1000,
      .about = "Networks that open a reviewer's link within a day and are usual; one more switches it off." },
    { .name = "BASIC_OPENS_PER_NETWORK",
      .kind = CONFIG_INT,
      .offset = FIELD(basic_opens_per_network),
      .fallback = "300",
      .min = 1,
      .max = 1000000,
      .about = "Opens of a basic link from one network within an hour; one more is refused." },
    { .name = "REVIEW_REVISIONS",
      .kind = CONFIG_INT,
      .offset = FIELD(review_revisions),
      .fallback = "50",
      .min = 1,
      .max = 10000,
      .about = "Latest revisions of a reviewer's feedback that are kept, beside the first." },
    { .name = "REVIEW_REVISIONS_KB",
      .kind = CONFIG_INT,
      .offset = FIELD(review_revisions_kb),
      .fallback = "1024",
      .min = 1,
      .max = 1048576,
      .about = "KiB that they may take, as they are stored; the oldest go first." },
    { .name = "SEARCHES_AT_WORK",
      .kind = CONFIG_INT,
      .offset = FIELD(searches_at_work),
      .fallback = "2",
      .min = 1,
      .max = 1000,
      .about = "Searches of its page that a session has at work at one time; its others wait." },
    { .name = "SEARCHES_WAITING",
      .kind = CONFIG_INT,
      .offset = FIELD(searches_waiting),
      .fallback = "64",
      .min = 0,
      .max = 10000,
      .about = "Searches of a session that may wait; one more is refused." },
    { .name = "ACCESS_REQUESTS_PER_OWNER",
      .kind = CONFIG_INT,
      .offset = FIELD(access_requests_per_owner),
      .fallback = "20",
      .min = 1,
      .max = 1000000,
      .about =
          "Requests for a new link that one owner is mailed within an hour, by all reviewers together; one more is refused." },
    { .name = "FETCH_ALLOW_NETWORKS",
      .kind = CONFIG_TEXT,
      .offset = FIELD(fetch_allow_networks),
      .optional = true,
      .check = networks_check,
      .about =
          "CIDRs, divided by commas, that captions and logos may come from although they are not public; empty allows none." },
    { .name = "FETCH_CA_FILE",
      .kind = CONFIG_TEXT,
      .offset = FIELD(fetch_ca_file),
      .optional = true,
      .check = config_check_certificates,
      .about = "Certificates (PEM) to trust for them instead of the system's." },
    { .name = "FETCH_WORKERS",
      .kind = CONFIG_INT,
      .offset = FIELD(fetch_workers),
      .fallback = "4",
      .min = 1,
      .max = 64,
      .about = "Captions and logos that one process fetches at the same time." },
    { .name = "FETCH_ACCOUNT_WORKERS",
      .kind = CONFIG_INT,
      .offset = FIELD(fetch_account_workers),
      .fallback = "2",
      .min = 1,
      .max = 64,
      .about = "Those of one account." },
    { .name = "FETCH_TIMEOUT_SECONDS",
      .kind = CONFIG_INT,
      .offset = FIELD(fetch_timeout_seconds),
      .fallback = "20",
      .min = 1,
      .max = 600,
      .about = "How long fetching one may take." },
    { .name = "FETCH_INTERVAL_MS",
      .kind = CONFIG_INT,
      .offset = FIELD(fetch_interval_ms),
      .fallback = "1000",
      .min = 10,
      .max = 600000,
      .about = "How often to look for what is to be fetched, when nothing is under way." },
    { .name = "FETCH_TRIES",
      .kind = CONFIG_INT,
      .offset = FIELD(fetch_tries),
      .fallback = "15",
      .min = 1,
      .max = 100,
      .about = "Tries, before what cannot be had is given up." },
    { .name = "FETCH_RETRY_FIRST_SECONDS",
      .kind = CONFIG_INT,
      .offset = FIELD(fetch_retry_first_seconds),
      .fallback = "10",
      .min = 1,
      .max = 86400,
      .about = "The longest pause after the first try; each further one may be twice as long." },
    { .name = "FETCH_RETRY_MOST_SECONDS",
      .kind = CONFIG_INT,
      .offset = FIELD(fetch_retry_most_seconds),
      .fallback = "21600",
      .min = 1,
      .max = 604800,
      .about = "The longest pause." },
    { .name = "CAPTIONS_KB",
      .kind = CONFIG_INT,
      .offset = FIELD(captions_kb),
      .fallback = "1024",
      .min = 1,
      .max = 16384,
      .about = "KiB that a file of captions may have." },
    { .name = "TRANSCRIPTS_KB_PER_INTERVIEW",
      .kind = CONFIG_INT,
      .offset = FIELD(transcripts_kb_per_interview),
      .fallback = "2048",
      .min = 1,
      .max = 65536,
      .about = "KiB of lines that all captions of an interview may have." },
    { .name = "LINK_CONTENT_MB",
      .kind = CONFIG_INT,
      .offset = FIELD(link_content_mb),
      .fallback = "16",
      .min = 2,
      .max = 1024,
      .about = "MiB that the interviews of one link may have together, what is said in them too; as the links daemon's." },
    { .name = "LOGO_KB",
      .kind = CONFIG_INT,
      .offset = FIELD(logo_kb),
      .fallback = "256",
      .min = 1,
      .max = 16384,
      .about = "KiB that a logo may have." },
    { .name = NULL },
};

/* What no answer may be without, whatever its status. Pages and media say more about what they may load. */
static const struct http_fixed_field reply_fields[] = {
    { "Referrer-Policy", "no-referrer" },
    { "X-Robots-Tag", "noindex" },
    { "X-Frame-Options", "DENY" },
    { "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'" },
    { "Cross-Origin-Resource-Policy", "same-origin" },
    { .name = NULL },
};

/* It goes before a path that is encoded already. */
static const char *check_prefix(const char *value)
{
    bool is_path = value[0] == '/' && value[1] && !strstr(value, "//") && !str_ends_with(value, "/") &&
                   value[strspn(value, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_-")] == '\0';

    return is_path ? NULL : "is not a path such as /internal-media, of letters, digits, / _ and -";
}

static int check_settings(const void *given, struct buf *faults)
{
    const struct views_settings *views = given;
    int parts = !!views->s3_endpoint + !!views->s3_access_key_id + !!views->s3_secret_access_key;

    if (parts == 0 || parts == 3) {
        return 0;
    }
    buf_add_text(faults,
                 "SHARELINK_S3_ENDPOINT, SHARELINK_S3_ACCESS_KEY_ID and SHARELINK_S3_SECRET_ACCESS_KEY: all three or none\n");
    return 1;
}

static void start(struct daemon *daemon)
{
    struct views *views = arena_alloc(daemon->arena, sizeof *views);

    views->settings = (const struct views_settings *)daemon->settings;
    views->opens = open_link_batch_new(daemon, views->settings);
    views->sessions = session_batch_new(daemon);
    views->watches = report_watch_batch_new(daemon);
    views->content = content_cache_new((size_t)views->settings->content_cache_mb * 1024 * 1024);
    views->makers = content_makers_new(daemon, views->content);
    views->searches = searches_new(daemon, views->settings);
    views->secure_cookies = str_starts_with(daemon->settings->public_url, "https://");
    views->origin = same_origin_of(daemon->arena, daemon->settings->public_url);
    views->s3_origin = views->settings->s3_endpoint ? same_origin_of(daemon->arena, views->settings->s3_endpoint) : NULL;
    views->fetcher = fetcher_new(daemon, views);
    daemon->app = views;
}

static void drain(struct daemon *daemon)
{
    const struct views *views = daemon->app;

    fetcher_pause(views->fetcher);
}

static bool is_quiet(struct daemon *daemon)
{
    const struct views *views = daemon->app;

    return pg_batch_size(views->opens) == 0 && pg_batch_size(views->sessions) == 0 && pg_batch_size(views->watches) == 0 &&
           fetcher_is_empty(views->fetcher);
}

static void stop(struct daemon *daemon)
{
    struct views *views = daemon->app;

    pg_batch_free(views->opens);
    pg_batch_free(views->sessions);
    pg_batch_free(views->watches);
    content_makers_free(views->makers);
    content_cache_free(views->content);
    turns_free(views->searches);
    fetcher_free(views->fetcher);
}

int main(int argc, char **argv)
{
    static const struct daemon_spec views = {
        .name = "views",
        .about = "the page that reviewers open",
        .settings_size = sizeof(struct views_settings),
        .settings = settings,
        .check_settings = check_settings,
        .routes = views_routes,
        .openapi = {
#include "proto/openapi/views.inc"
        },
        .guard = check_same_origin,
        .reply_fields = reply_fields,
        .fault_words = fault_words,
        .fault_reader = fault_reader,
        .start = start,
        .drain = drain,
        .is_quiet = is_quiet,
        .stop = stop,
    };
    return daemon_main(&views, argc, argv);
}
