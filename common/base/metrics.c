/* metrics.c - the process's counters, gauges and histograms and their text form; see metrics.h.
 *
 * Families and series are short lists in the order in which they were made, which is the order in which they are
 * written. They live as long as the process. Loop thread only.
 */
#include "common/base/metrics.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define BUCKETS    14
#define LABELS_MAX 8

static const double bucket_limits[BUCKETS] = { 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10 };

enum kind { COUNTER, GAUGE, HISTOGRAM };

struct metric {
    struct metric *next;
    const struct metric_family *family;
    char *labels; /* as written between the braces, "" for none */
    char *values[LABELS_MAX];
    double value;                /* a histogram's sum */
    uint64_t count;              /* a histogram's observations... */
    uint64_t in_bucket[BUCKETS]; /* ...and those of each bucket alone; what is above all limits is in count only */
};

struct metric_family {
    struct metric_family *next;
    const char *name, *help;
    enum kind kind;
    const char *labels; /* as given */
    char *names[LABELS_MAX];
    int label_count;
    struct metric *first, *last;
};

struct collector {
    struct collector *next;
    void (*refresh)(void *arg);
    void *arg;
};

static struct metric_family *family_named(const char *name, const char *help, const char *labels, enum kind kind);
static void split_labels(struct metric_family *family, const char *labels);
static struct metric *find(const struct metric_family *family, const char *const *values);
static struct metric *append(struct metric_family *family, const char *const *values);
static void write_family(struct buf *to, const struct metric_family *family);
static void write_histogram(struct buf *to, const struct metric *metric);
static void write_sample(struct buf *to, const struct metric *metric, const char *suffix, const char *le, double value);
static void add_number(struct buf *to, double value);
static void add_escaped(struct buf *to, const char *text, const char *escaped);

static struct metric_family *families, *last_family;
static struct collector *collectors;

struct metric_family *metrics_counter(const char *name, const char *help, const char *labels)
{
    assert(str_ends_with(name, "_total"));
    return family_named(name, help, labels, COUNTER);
}

struct metric_family *metrics_gauge(const char *name, const char *help, const char *labels)
{
    return family_named(name, help, labels, GAUGE);
}

struct metric_family *metrics_histogram(const char *name, const char *help, const char *labels)
{
    return family_named(name, help, labels, HISTOGRAM);
}

static struct metric_family *family_named(const char *name, const char *help, const char *labels, enum kind kind)
{
    struct metric_family *family = families;

    while (family && strcmp(family->name, name) != 0) {
        family = family->next;
    }
    if (family) {
        assert(family->kind == kind && strcmp(family->labels, labels) == 0);
        return family;
    }
    family = mem_alloc(sizeof *family);
    family->name = name;
    family->help = help;
    family->kind = kind;
    split_labels(family, labels);
    if (last_family) {
        last_family->next = family;
    } else {
        families = family;
    }
    last_family = family;
    return family;
}

static void split_labels(struct metric_family *family, const char *labels)
{
    family->labels = mem_strdup(labels);
    while (*labels) {
        size_t length = strcspn(labels, ",");
        assert(family->label_count < LABELS_MAX);
        char *name = mem_alloc(length + 1);
        family->names[family->label_count++] = memcpy(name, labels, length);
        labels += length + (labels[length] == ',');
    }
}

struct metric *metrics_series(struct metric_family *family, const char *const *values)
{
    struct metric *metric = find(family, values);

    return metric ? metric : append(family, values);
}

struct metric *metrics_only(struct metric_family *family)
{
    assert(family->label_count == 0);
    return metrics_series(family, NULL);
}

static struct metric *find(const struct metric_family *family, const char *const *values)
{
    for (struct metric *metric = family->first; metric; metric = metric->next) {
        int i = 0;
        while (i < family->label_count && strcmp(metric->values[i], values[i]) == 0) {
            i++;
        }
        if (i == family->label_count) {
            return metric;
        }
    }
    return NULL;
}

static struct metric *append(struct metric_family *family, const char *const *values)
{
    struct metric *metric = mem_alloc(sizeof *metric);
    struct buf labels = { 0 };

    buf_add(&labels, "", 0);
    for (int i = 0; i < family->label_count; i++) {
        metric->values[i] = mem_strdup(values[i]);
        buf_printf(&labels, "%s%s=\"", i ? "," : "", family->names[i]);
        add_escaped(&labels, values[i], "\\\"\n");
        buf_add_char(&labels, '"');
    }
    metric->labels = labels.data;
    metric->family = family;
    if (family->last) {
        family->last->next = metric;
    } else {
        family->first = metric;
    }
    family->last = metric;
    return metric;
}

void metrics_add(struct metric *metric, double amount)
{
    assert(metric->family->kind != HISTOGRAM && (amount >= 0 || metric->family->kind == GAUGE));
    metric->value += amount;
}

void metrics_set(struct metric *metric, double value)
{
    assert(metric->family->kind == GAUGE);
    metric->value = value;
}

void metrics_observe(struct metric *metric, double value)
{
    assert(metric->family->kind == HISTOGRAM);
    int i = 0;

    while (i < BUCKETS && value > bucket_limits[i]) {
        i++;
    }
    if (i < BUCKETS) {
        metric->in_bucket[i]++;
    }
    metric->count++;
    metric->value += value;
}

void metrics_on_collect(void (*refresh)(void *arg), void *arg)
{
    struct collector *collector = mem_alloc(sizeof *collector);

    *collector = (struct collector){ .next = collectors, .refresh = refresh, .arg = arg };
    collectors = collector;
}

void metrics_write(struct buf *to)
{
    for (const struct collector *collector = collectors; collector; collector = collector->next) {
        collector->refresh(collector->arg);
    }
    buf_add(to, "", 0);
    for (const struct metric_family *family = families; family; family = family->next) {
        write_family(to, family);
    }
}

static void write_family(struct buf *to, const struct metric_family *family)
{
    static const char *const kinds[] = { [COUNTER] = "counter", [GAUGE] = "gauge", [HISTOGRAM] = "histogram" };

    buf_printf(to, "# HELP %s ", family->name);
    add_escaped(to, family->help, "\\\n");
    buf_printf(to, "\n# TYPE %s %s\n", family->name, kinds[family->kind]);
    for (const struct metric *metric = family->first; metric; metric = metric->next) {
        if (family->kind == HISTOGRAM) {
            write_histogram(to, metric);
        } else {
            write_sample(to, metric, "", NULL, metric->value);
        }
    }
}

static void write_histogram(struct buf *to, const struct metric *metric)
{
    uint64_t so_far = 0;

    for (int i = 0; i < BUCKETS; i++) {
        struct buf limit = { 0 };
        so_far += metric->in_bucket[i];
        add_number(&limit, bucket_limits[i]);
        write_sample(to, metric, "_bucket", limit.data, (double)so_far);
        buf_clear(&limit);
    }
    write_sample(to, metric, "_bucket", "+Inf", (double)metric->count);
    write_sample(to, metric, "_sum", NULL, metric->value);
    write_sample(to, metric, "_count", NULL, (double)metric->count);
}

/* le: a histogram bucket's upper limit, else NULL. */
static void write_sample(struct buf *to, const struct metric *metric, const char *suffix, const char *le, double value)
{
    bool has_labels = metric->labels[0] != '\0';

    buf_printf(to, "%s%s", metric->family->name, suffix);
    if (has_labels || le) {
        buf_printf(to, "{%s", metric->labels);
        if (le) {
            buf_printf(to, "%sle=\"%s\"", has_labels ? "," : "", le);
        }
        buf_add_char(to, '}');
    }
    buf_add_char(to, ' ');
    add_number(to, value);
    buf_add_char(to, '\n');
}

static void add_number(struct buf *to, double value)
{
    if (isnan(value)) {
        buf_add_text(to, "NaN");
    } else if (isinf(value)) {
        buf_add_text(to, value > 0 ? "+Inf" : "-Inf");
    } else {
        buf_printf(to, "%.15g", value);
    }
}

/* A backslash before each of the bytes in escaped; a newline becomes \n. */
static void add_escaped(struct buf *to, const char *text, const char *escaped)
{
    for (; *text; text++) {
        if (strchr(escaped, *text)) {
            buf_add_char(to, '\\');
        }
        buf_add_char(to, *text == '\n' ? 'n' : *text);
    }
}
