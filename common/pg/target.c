/* target.c - see the header.
 *
 * A URL may name several hosts. Each name without an address of its own is looked up, one after the other; a host whose name
 * is unknown is left out. libpq then gets the same settings with the addresses, and tries them in their order.
 */
#include "common/pg/target.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/config.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/loop/resolve.h"

#define HOSTS_MAX 16

struct host {
    char *name, *address, *port; /* as in the URL; "" where it has none */
    bool is_dead;                /* its name could not be resolved */
};

struct pg_target {
    struct event_base *base;
    const struct pg_pool_options *options;
    unsigned address_choice;
    pg_target_done *done;
    void *arg;
    PQconninfoOption *settings;
    struct host hosts[HOSTS_MAX];
    int host_count, host_resolving;
    struct resolve_lookup *lookup; /* of the host's name, while it is on its way */
    bool is_over;                  /* done was called */
};

/* In the order in which they run. */
static bool read_url(struct pg_target *target);
static void split_hosts(struct pg_target *target);
static void resolve_next(struct pg_target *target);
static void take_address(void *arg, const char *address, const char *error);
static void open_link(struct pg_target *target);
static void end(struct pg_target *target, PGconn *link, const char *fault);
static void target_free(struct pg_target *target);

const char *pg_check_url(const char *url)
{
    const char *fault = config_check_postgres_url(url);
    char *error = NULL;

    if (fault) {
        return fault;
    }
    PQconninfoOption *read = PQconninfoParse(url, &error);
    PQfreemem(error); /* it may quote the password */
    PQconninfoFree(read);
    return read ? NULL : "is no URL that libpq can read; in the password, write what is no letter or digit as %XX";
}

struct pg_target *pg_target_open(struct event_base *base, const struct pg_pool_options *options, unsigned address_choice,
                                 pg_target_done *done, void *arg)
{
    struct pg_target *target = mem_alloc(sizeof *target);

    *target = (struct pg_target){
        .base = base, .options = options, .address_choice = address_choice, .done = done, .arg = arg, .host_resolving = -1
    };
    if (read_url(target)) {
        split_hosts(target);
        resolve_next(target);
    } else {
        end(target, NULL, "the URL cannot be read");
    }
    if (target->is_over) {
        target_free(target);
        return NULL;
    }
    return target;
}

static bool read_url(struct pg_target *target)
{
    char *error = NULL;

    target->settings = PQconninfoParse(target->options->url, &error);
    /* The text may quote the URL, password and all. */
    PQfreemem(error);
    return target->settings != NULL;
}

static const char *setting(const struct pg_target *target, const char *keyword)
{
    for (const PQconninfoOption *each = target->settings; each->keyword; each++) {
        if (!strcmp(each->keyword, keyword)) {
            return each->val && *each->val ? each->val : NULL;
        }
    }
    return NULL;
}

static int list_length(const char *list)
{
    int length = list ? 1 : 0;

    for (; list && *list; list++) {
        length += *list == ',';
    }
    return length;
}

/* Element index of a list divided by commas; "" beyond its end. */
static char *list_element(const char *list, int index)
{
    while (list && index > 0) {
        list = strchr(list, ',');
        list = list ? list + 1 : NULL;
        index--;
    }
    char *element = mem_strdup(list ? list : "");
    element[strcspn(element, ",")] = '\0';
    return element;
}

static void split_hosts(struct pg_target *target)
{
    const char *names = setting(target, "host");
    const char *addresses = setting(target, "hostaddr");
    const char *ports = setting(target, "port");
    int count = list_length(names) > list_length(addresses) ? list_length(names) : list_length(addresses);

    target->host_count = count < 1 ? 1 : count > HOSTS_MAX ? HOSTS_MAX : count;
    for (int i = 0; i < target->host_count; i++) {
        struct host *host = &target->hosts[i];
        host->name = list_element(names, i);
        host->address = list_element(addresses, i);
        host->port = list_element(ports, list_length(ports) == 1 ? 0 : i);
        host->is_dead = false;
    }
}

/* Goes on to the next host that is a name without an address, or to connecting when there is none. */
static void resolve_next(struct pg_target *target)
{
    while (++target->host_resolving < target->host_count) {
        struct host *host = &target->hosts[target->host_resolving];
        bool is_socket = host->name[0] == '/' || host->name[0] == '@';
        if (host->name[0] && !is_socket && !host->address[0]) {
            target->lookup = resolve_start(target->base, host->name, target->address_choice, take_address, target);
            return;
        }
    }
    open_link(target);
}

static void take_address(void *arg, const char *address, const char *error)
{
    struct pg_target *target = arg;
    struct host *host = &target->hosts[target->host_resolving];

    target->lookup = NULL;
    if (address) {
        free(host->address);
        host->address = mem_strdup(address);
    } else {
        host->is_dead = true;
        log_warn("pg.host_unknown", LOG_TEXT("pool", target->options->name), LOG_TEXT("host", host->name),
                 LOG_TEXT("reason", error));
    }
    resolve_next(target);
    if (target->is_over) {
        target_free(target);
    }
}

/* The URL's settings, then ours where it has none; both arrays end in NULL. Returns how many were added. */
#define SETTINGS_MAX 80
struct keywords {
    const char *names[SETTINGS_MAX], *values[SETTINGS_MAX];
    int count;
};

static void set_keyword(struct keywords *keywords, const char *name, const char *value)
{
    if (keywords->count < SETTINGS_MAX - 1) {
        keywords->names[keywords->count] = name;
        keywords->values[keywords->count++] = value;
    }
}

static void set_fallback(const struct pg_target *target, struct keywords *keywords, const char *name, const char *value)
{
    if (!setting(target, name)) {
        set_keyword(keywords, name, value);
    }
}

static void add_to_list(struct buf *list, const char *element)
{
    buf_add_text(list, element);
    buf_add_char(list, ',');
}

/* Each list of hosts, addresses and ports gets an end instead of its last comma. False when every host is dead. */
static bool join_hosts(const struct pg_target *target, struct buf *names, struct buf *addresses, struct buf *ports)
{
    for (int i = 0; i < target->host_count; i++) {
        const struct host *host = &target->hosts[i];
        if (!host->is_dead) {
            add_to_list(names, host->name);
            add_to_list(addresses, host->address);
            add_to_list(ports, host->port);
        }
    }
    if (!names->length) {
        return false;
    }
    names->data[names->length - 1] = '\0';
    addresses->data[addresses->length - 1] = '\0';
    ports->data[ports->length - 1] = '\0';
    return true;
}

static void open_link(struct pg_target *target)
{
    struct keywords keywords = { .count = 0 };
    struct buf names = { 0 }, addresses = { 0 }, ports = { 0 }, own_name = { 0 };

    if (!join_hosts(target, &names, &addresses, &ports)) {
        end(target, NULL, "no host has an address");
        return;
    }
    for (const PQconninfoOption *each = target->settings; each->keyword; each++) {
        bool is_ours = !strcmp(each->keyword, "host") || !strcmp(each->keyword, "hostaddr") || !strcmp(each->keyword, "port") ||
                       !strcmp(each->keyword, "client_encoding");
        if (each->val && !is_ours) {
            set_keyword(&keywords, each->keyword, each->val);
        }
    }
    buf_printf(&own_name, "sharelink-%s", target->options->name);
    set_keyword(&keywords, "host", names.data);
    set_keyword(&keywords, "hostaddr", addresses.data);
    set_keyword(&keywords, "port", ports.data);
    set_keyword(&keywords, "client_encoding", "UTF8");
    set_fallback(target, &keywords, "application_name", own_name.data);
    set_fallback(target, &keywords, "keepalives", "1");
    set_fallback(target, &keywords, "keepalives_idle", "30");
    set_fallback(target, &keywords, "keepalives_interval", "10");
    set_fallback(target, &keywords, "keepalives_count", "3");
    set_fallback(target, &keywords, "tcp_user_timeout", "15000");
    /* Kerberos would look for tickets in files and by blocking calls. */
    set_fallback(target, &keywords, "gssencmode", "disable");

    PGconn *link = PQconnectStartParams(keywords.names, keywords.values, 0);
    buf_clear(&names);
    buf_clear(&addresses);
    buf_clear(&ports);
    buf_clear(&own_name);
    if (!link) {
        abort();
    }
    end(target, link, NULL);
}

static void end(struct pg_target *target, PGconn *link, const char *fault)
{
    target->is_over = true;
    target->done(target->arg, link, fault);
}

void pg_target_cancel(struct pg_target *target)
{
    if (target) {
        resolve_cancel(target->lookup);
        target_free(target);
    }
}

static void target_free(struct pg_target *target)
{
    for (int i = 0; i < target->host_count; i++) {
        free(target->hosts[i].name);
        free(target->hosts[i].address);
        free(target->hosts[i].port);
    }
    PQconninfoFree(target->settings);
    free(target);
}
