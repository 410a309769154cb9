/* http_proxies.c - see http_proxies.h.
 *
 * Every address is held as 16 bytes of IPv6, IPv4 in its mapped form, so that one comparison does for both.
 */
#include "common/http_proxies.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/http.h"
#include "common/str.h"

#define ADDRESS_TEXT_MAX 63
#define MAPPED_BITS      96

struct address {
    uint8_t bytes[16];
};

struct network {
    struct address address;
    unsigned bits;
};

struct http_proxies {
    size_t count;
    struct network networks[];
};

static const char *read_network(const char *text, size_t length, struct network *network);
static bool read_address(const char *text, size_t length, struct address *address);
static bool read_forwarded(const char *text, size_t length, struct address *address);
static bool is_v4(const struct address *address);
static bool is_trusted(const struct http_proxies *proxies, const struct address *address);
static bool holds(const struct network *network, const struct address *address);
static size_t trim(const char **text, size_t length);

const char *http_check_cidrs(const char *value)
{
    const char *at = value;

    while (at && *at) {
        size_t length = strcspn(at, ",");
        struct network network;
        const char *fault = read_network(at, length, &network);
        if (fault) {
            return fault;
        }
        if (at[length] && !at[length + 1]) {
            return "ends in a comma";
        }
        at += length + (at[length] == ',');
    }
    return NULL;
}

struct http_proxies *http_proxies_new(const char *cidrs)
{
    size_t most = 1;

    for (const char *at = cidrs; at && *at; at++) {
        most += *at == ',';
    }
    struct http_proxies *proxies = mem_alloc(sizeof *proxies + most * sizeof(struct network));
    for (const char *at = cidrs; at && *at;) {
        size_t length = strcspn(at, ",");
        if (!read_network(at, length, &proxies->networks[proxies->count])) {
            proxies->count++;
        }
        at += length + (at[length] == ',');
    }
    return proxies;
}

void http_proxies_free(struct http_proxies *proxies)
{
    free(proxies);
}

/* "10.0.0.0/8", "2001:db8::/32", or an address alone. */
static const char *read_network(const char *text, size_t length, struct network *network)
{
    length = trim(&text, length);
    const char *slash = memchr(text, '/', length);
    size_t address_length = slash ? (size_t)(slash - text) : length;

    if (!read_address(text, address_length, &network->address)) {
        return "has an entry that is no IP address or network such as 10.0.0.0/8";
    }
    bool mapped = is_v4(&network->address) && !memchr(text, ':', address_length);
    int64_t bits = mapped ? 32 : 128;
    if (slash) {
        char digits[4] = "";
        size_t digits_length = length - address_length - 1;
        if (digits_length > 3) {
            return "has a network with a bad prefix length";
        }
        memcpy(digits, slash + 1, digits_length);
        if (!str_parse_int(digits, 0, bits, &bits)) {
            return "has a network with a bad prefix length";
        }
    }
    network->bits = (unsigned)bits + (mapped ? MAPPED_BITS : 0);
    for (unsigned bit = network->bits; bit < 128; bit++) {
        if (network->address.bytes[bit / 8] & (0x80u >> bit % 8)) {
            return "has a network with bits set beyond its prefix";
        }
    }
    return NULL;
}

static bool read_address(const char *text, size_t length, struct address *address)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    char copy[ADDRESS_TEXT_MAX + 1];

    if (length == 0 || length > ADDRESS_TEXT_MAX) {
        return false;
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    copy[strcspn(copy, "%")] = '\0'; /* a link-local address names its interface */
    if (inet_pton(AF_INET6, copy, address->bytes) == 1) {
        return true;
    }
    memcpy(address->bytes, mapped, sizeof mapped);
    return inet_pton(AF_INET, copy, address->bytes + sizeof mapped) == 1;
}

const char *http_proxies_client(const struct http_proxies *proxies, struct arena *arena, const char *peer,
                                const char *const *forwarded, size_t count)
{
    struct address client, next;
    char text[INET6_ADDRSTRLEN];

    if (!read_address(peer, strlen(peer), &client)) {
        return arena_strdup(arena, peer);
    }
    /* From the right, as each proxy adds the one it heard from; what stands left of a stranger is the stranger's word.
     */
    while (count-- > 0 && is_trusted(proxies, &client)) {
        const char *list = forwarded[count];
        size_t end = strlen(list);
        bool more = true;
        while (more && is_trusted(proxies, &client)) {
            size_t start = end;
            while (start > 0 && list[start - 1] != ',') {
                start--;
            }
            if (!read_forwarded(list + start, end - start, &next)) {
                count = 0;
                break;
            }
            client = next;
            more = start > 0;
            end = more ? start - 1 : 0;
        }
    }
    if (is_v4(&client)) {
        inet_ntop(AF_INET, client.bytes + 12, text, sizeof text);
    } else {
        inet_ntop(AF_INET6, client.bytes, text, sizeof text);
    }
    return arena_strdup(arena, text);
}

/* An address, also as 192.0.2.1:443 or [2001:db8::1]:443. */
static bool read_forwarded(const char *text, size_t length, struct address *address)
{
    length = trim(&text, length);
    const char *colon = memchr(text, ':', length);

    if (length && text[0] == '[') {
        const char *close = memchr(text, ']', length);
        return close && read_address(text + 1, (size_t)(close - text) - 1, address);
    }
    if (colon && memchr(text, '.', (size_t)(colon - text))) {
        length = (size_t)(colon - text);
    }
    return read_address(text, length, address);
}

static bool is_v4(const struct address *address)
{
    static const struct network mapped = { .address.bytes = { [10] = 0xff, [11] = 0xff }, .bits = MAPPED_BITS };

    return holds(&mapped, address);
}

static bool is_trusted(const struct http_proxies *proxies, const struct address *address)
{
    for (size_t i = 0; i < proxies->count; i++) {
        const struct network *network = &proxies->networks[i];
        /* ::/0 means all of IPv6, and not IPv4 too because we hold that in the mapped form. */
        bool same_family = is_v4(address) == (is_v4(&network->address) && network->bits >= MAPPED_BITS);
        if (same_family && holds(network, address)) {
            return true;
        }
    }
    return false;
}

static bool holds(const struct network *network, const struct address *address)
{
    size_t bytes = network->bits / 8;
    unsigned rest = network->bits % 8;

    if (memcmp(network->address.bytes, address->bytes, bytes) != 0) {
        return false;
    }
    return rest == 0 || ((network->address.bytes[bytes] ^ address->bytes[bytes]) >> (8 - rest)) == 0;
}

static size_t trim(const char **text, size_t length)
{
    while (length && (**text == ' ' || **text == '\t')) {
        (*text)++;
        length--;
    }
    while (length && ((*text)[length - 1] == ' ' || (*text)[length - 1] == '\t')) {
        length--;
    }
    return length;
}
