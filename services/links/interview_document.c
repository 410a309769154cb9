/* interview_document.c - checks an interview document field by field; it is then stored as it was sent, with its texts, address,
 * language and time in their one form.
 *
 * Media are https: URLs, s3://bucket/key, or media:<path> below the operator's MEDIA_DIR; http: URLs with ALLOW_HTTP_MEDIA
 * alone. Question ids are unique in their interview, because answers, feedback and media are found by them.
 */
#include "services/links/interview_document.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/data/idn.h"
#include "common/base/str.h"
#include "services/links/link_fields.h"

typedef const char *text_check(const char *text);

enum { LINES_MAX = 5000, SECONDS_MAX = 86400 };

static const struct text_rule short_text = { .min = 1, .max = 200 };
static const struct text_rule optional_short = { .max = 200, .nullable = true };
static const struct text_rule long_text = { .max = 20000, .newlines = true, .nullable = true };

static void check_completed_at(struct fields *root, json_t *document);
static void check_job(struct fields job);
static void check_candidate(struct fields candidate, text_check *check);
static void check_profile(struct fields profile);
static void check_resume(struct fields resume, text_check *check);
static void check_questions(struct fields *root, text_check *check);
static void check_answer(struct fields answer, text_check *check);
static void check_transcript(struct fields *answer);
static void check_line(struct fields line, double *latest);
static void check_questionnaire(struct fields *root);
static const char *check_link(const char *url);
static const char *check_media_or_http(const char *url);
static bool has_dots(const char *path);
static const char *check_media(const char *url);

void interview_document_check(struct fields *root, json_t *document, enum media_urls allowed, struct platform_data *data)
{
    text_check *check = allowed == MEDIA_HTTP_TOO ? check_media_or_http : check_media;

    fields_choice(root, "type", FIELDS_REQUIRED, "one_way|live");
    check_job(fields_object(root, "job", FIELDS_REQUIRED));
    check_completed_at(root, document);
    fields_text(root, "language", FIELDS_OPTIONAL, &locale_rule);
    check_candidate(fields_object(root, "candidate", FIELDS_REQUIRED), check);
    check_questions(root, check);
    check_questionnaire(root);
    platform_data_read(root, data);
    fields_end(root);
}

const char *interview_document_text(struct arena *arena, json_t *document)
{
    static const char *const beside[] = { "id", "external_id", "metadata" };

    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        json_object_del(document, beside[i]);
    }
    return json_text(arena, document);
}

/* Stored as all times are answered: in UTC with milliseconds. RFC 3339 allows forms, a leap second above all, that neither
 * PostgreSQL nor a browser might read. */
static void check_completed_at(struct fields *root, json_t *document)
{
    char utc[CLOCK_RFC3339_SIZE];
    int64_t completed_ms;

    if (!fields_is_null(root, "completed_at") && fields_time(root, "completed_at", FIELDS_OPTIONAL, &completed_ms)) {
        clock_rfc3339(utc, completed_ms);
        json_object_set_new(document, "completed_at", json_string(utc));
    }
}

static void check_job(struct fields job)
{
    fields_text(&job, "id", FIELDS_REQUIRED,
                &(struct text_rule){ .min = 1, .max = 128, .verbatim = true, .check = fields_check_external_id });
    fields_text(&job, "title", FIELDS_REQUIRED, &short_text);
    fields_end(&job);
}

static void check_candidate(struct fields candidate, text_check *check)
{
    const struct text_rule media_url = { .min = 1, .max = 2048, .verbatim = true, .nullable = true, .check = check };

    fields_text(&candidate, "first_name", FIELDS_REQUIRED, &(struct text_rule){ .min = 1, .max = 100 });
    fields_text(&candidate, "last_name", FIELDS_OPTIONAL, &(struct text_rule){ .max = 100, .nullable = true });
    fields_text(&candidate, "email", FIELDS_OPTIONAL,
                &(struct text_rule){ .min = 3,
                                     .max = 254,
                                     .verbatim = true,
                                     .nullable = true,
                                     .check = fields_check_email,
                                     .canonical = idn_canonical_address });
    fields_text(&candidate, "avatar_url", FIELDS_OPTIONAL, &media_url);
    if (fields_has(&candidate, "profile")) {
        check_profile(fields_object(&candidate, "profile", FIELDS_OPTIONAL));
    }
    if (fields_has(&candidate, "resume")) {
        check_resume(fields_object(&candidate, "resume", FIELDS_OPTIONAL), check);
    }
    fields_end(&candidate);
}

static void check_profile(struct fields profile)
{
    fields_text(&profile, "headline", FIELDS_OPTIONAL, &optional_short);
    fields_text(&profile, "location", FIELDS_OPTIONAL, &optional_short);
    fields_text(&profile, "summary", FIELDS_OPTIONAL, &long_text);
    const json_t *links = fields_array(&profile, "links", FIELDS_OPTIONAL, 0, 20);
    for (size_t i = 0; i < json_array_size(links); i++) {
        fields_element_text(&profile, "links", links, i,
                            &(struct text_rule){ .min = 1, .max = 2048, .verbatim = true, .check = check_link });
    }
    fields_end(&profile);
}

static void check_resume(struct fields resume, text_check *check)
{
    fields_text(&resume, "file_name", FIELDS_REQUIRED, &short_text);
    fields_text(&resume, "url", FIELDS_REQUIRED, &(struct text_rule){ .min = 1, .max = 2048, .verbatim = true, .check = check });
    fields_end(&resume);
}

static void check_questions(struct fields *root, text_check *check)
{
    const json_t *questions = fields_array(root, "questions", FIELDS_OPTIONAL, 0, 100);
    json_t *ids = json_keep(root->arena, json_object());

    for (size_t i = 0; i < json_array_size(questions); i++) {
        struct fields question = fields_element(root, "questions", questions, i);
        const char *id =
            fields_text(&question, "id", FIELDS_REQUIRED,
                        &(struct text_rule){ .min = 1, .max = 128, .verbatim = true, .check = fields_check_external_id });
        if (id && json_object_get(ids, id)) {
            fields_fault(&question, "id", "duplicate", "Another question of this interview has the same id.");
        } else if (id) {
            json_object_set_new(ids, id, json_true());
        }
        fields_text(&question, "text", FIELDS_REQUIRED, &(struct text_rule){ .min = 1, .max = 2000, .newlines = true });
        fields_bool(&question, "skipped", false);
        if (fields_has(&question, "answer")) {
            check_answer(fields_object(&question, "answer", FIELDS_OPTIONAL), check);
        }
        fields_end(&question);
    }
}

static void check_answer(struct fields answer, text_check *check)
{
    const struct text_rule media_url = { .min = 1, .max = 2048, .verbatim = true, .nullable = true, .check = check };

    fields_choice(&answer, "kind", FIELDS_REQUIRED, "video|audio|text");
    fields_text(&answer, "media_url", FIELDS_OPTIONAL, &media_url);
    fields_text(&answer, "captions_url", FIELDS_OPTIONAL, &media_url);
    if (fields_has(&answer, "duration_seconds")) {
        fields_number(&answer, "duration_seconds", FIELDS_OPTIONAL, 0, SECONDS_MAX);
    }
    fields_text(&answer, "text", FIELDS_OPTIONAL, &long_text);
    if (fields_has(&answer, "transcript")) {
        check_transcript(&answer);
    }
    fields_end(&answer);
}

/* What is said, by the platform itself. Who searches its lines by time finds them in their order. */
static void check_transcript(struct fields *answer)
{
    const json_t *lines = fields_array(answer, "transcript", FIELDS_OPTIONAL, 0, LINES_MAX);
    double latest = 0;

    for (size_t i = 0; i < json_array_size(lines); i++) {
        check_line(fields_element(answer, "transcript", lines, i), &latest);
    }
}

/* latest: when the line before began. */
static void check_line(struct fields line, double *latest)
{
    double start = fields_number(&line, "start", FIELDS_REQUIRED, 0, SECONDS_MAX);
    double end = fields_number(&line, "end", FIELDS_REQUIRED, 0, SECONDS_MAX);
    bool has_both = json_is_number(json_object_get(line.object, "start")) && json_is_number(json_object_get(line.object, "end"));

    if (has_both && end < start) {
        fields_fault(&line, "end", "out_of_range", "A line must not end before it starts.");
    }
    if (has_both && start < *latest) {
        fields_fault(&line, "start", "out_of_range", "Lines must be in the order in which they start.");
    }
    *latest = start > *latest ? start : *latest;
    fields_text(&line, "text", FIELDS_REQUIRED, &(struct text_rule){ .min = 1, .max = 500, .newlines = true });
    fields_end(&line);
}

static void check_questionnaire(struct fields *root)
{
    const json_t *entries = fields_array(root, "questionnaire", FIELDS_OPTIONAL, 0, 100);

    for (size_t i = 0; i < json_array_size(entries); i++) {
        struct fields entry = fields_element(root, "questionnaire", entries, i);
        fields_text(&entry, "question", FIELDS_REQUIRED, &(struct text_rule){ .min = 1, .max = 2000, .newlines = true });
        fields_text(&entry, "answer", FIELDS_OPTIONAL, &long_text);
        fields_end(&entry);
    }
}

/* A page that a candidate names is followed by a person, and loads nothing into ours. */
static const char *check_link(const char *url)
{
    return str_starts_with(url, "http://") ? fields_check_http_url(url) : fields_check_https_url(url);
}

static const char *check_media_or_http(const char *url)
{
    return str_starts_with(url, "http://") ? fields_check_http_url(url) : check_media(url);
}

/* A segment of the path that is . or .. */
static bool has_dots(const char *path)
{
    for (const char *segment = path; segment; segment = strchr(segment, '/')) {
        segment += *segment == '/';
        size_t length = strcspn(segment, "/");
        if ((length == 1 && segment[0] == '.') || (length == 2 && segment[0] == '.' && segment[1] == '.')) {
            return true;
        }
    }
    return false;
}

/* NULL when url names a place that media may come from. */
static const char *check_media(const char *url)
{
    if (str_starts_with(url, "https://")) {
        return fields_check_https_url(url);
    }
    if (str_starts_with(url, "s3://")) {
        const char *slash = strchr(url + 5, '/');
        return slash && slash > url + 5 && slash[1] ? NULL : "This must be s3://bucket/key.";
    }
    if (str_starts_with(url, "media:")) {
        const char *path = url + 6;
        bool climbs = path[0] == '/' || path[0] == '\0' || strstr(path, "//") || strchr(path, '\\') || has_dots(path);
        return climbs ? "This must be media:<path>, below the media folder." : NULL;
    }
    return "This must be an https: URL, s3://bucket/key or media:<path>.";
}
