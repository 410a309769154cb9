/* networks.c - see the header.
 *
 * What is public is told by the registries of special addresses (IANA, RFC 6890 and its updates): of IPv6 only 2000::/3 is
 * given out at all.
 */
#include "common/data/networks.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"

#define MAPPED_BITS 96

struct network {
    struct address address;
    unsigned bits;
};

struct networks {
    size_t count;
    struct network networks[];
};

static const char *read_network(const char *text, size_t length, struct network *network);
static bool address_is_v4(const struct address *address);
static bool read_inner(const struct address *address, struct address *inner);
static bool holds(const struct network *network, const struct address *address);

const char *networks_check(const char *value)
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

struct networks *networks_new(const char *cidrs)
{
    size_t most = 1;

    for (const char *at = cidrs; at && *at; at++) {
        most += *at == ',';
    }
    struct networks *networks = mem_alloc(sizeof *networks + most * sizeof(struct network));
    for (const char *at = cidrs; at && *at;) {
        size_t length = strcspn(at, ",");
        if (!read_network(at, length, &networks->networks[networks->count])) {
            networks->count++;
        }
        at += length + (at[length] == ',');
    }
    return networks;
}

void networks_free(struct networks *networks)
{
    free(networks);
}

/* "10.0.0.0/8", "2001:db8::/32", or an address alone. */
static const char *read_network(const char *text, size_t length, struct network *network)
{
    length = str_trim(&text, length);
    const char *slash = memchr(text, '/', length);
    size_t address_length = slash ? (size_t)(slash - text) : length;

    if (!address_read(text, address_length, &network->address)) {
        return "has an entry that is no IP address or network such as 10.0.0.0/8";
    }
    bool mapped = address_is_v4(&network->address) && !memchr(text, ':', address_length);
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

bool address_read(const char *text, size_t length, struct address *address)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    char copy[ADDRESS_TEXT_SIZE + 17];

    if (length == 0 || length > (ADDRESS_TEXT_SIZE + 16)) {
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

static bool address_is_v4(const struct address *address)
{
    static const struct network mapped = { .address.bytes = { [10] = 0xff, [11] = 0xff }, .bits = MAPPED_BITS };

    return holds(&mapped, address);
}

void address_text(char to[ADDRESS_TEXT_SIZE], const struct address *address)
{
    if (address_is_v4(address)) {
        inet_ntop(AF_INET, address->bytes + 12, to, ADDRESS_TEXT_SIZE);
    } else {
        inet_ntop(AF_INET6, address->bytes, to, ADDRESS_TEXT_SIZE);
    }
}

static bool is_in(const char *cidrs, const struct address *address)
{
    struct networks *networks = networks_new(cidrs);
    bool found = networks_hold(networks, address);

    networks_free(networks);
    return found;
}

bool address_is_public(const struct address *address)
{
    struct address inner;

    if (address_is_v4(address)) {
        return !is_in("0.0.0.0/8,10.0.0.0/8,100.64.0.0/10,127.0.0.0/8,169.254.0.0/16,172.16.0.0/12,192.0.0.0/24,192.0.2.0/24,"
                      "192.88.99.0/24,192.168.0.0/16,198.18.0.0/15,198.51.100.0/24,203.0.113.0/24,224.0.0.0/3",
                      address);
    }
    if (read_inner(address, &inner)) {
        return address_is_public(&inner);
    }
    return is_in("2000::/3", address) && !is_in("2001::/23,2001:db8::/32,3fff::/20", address);
}

/* An IPv4 address inside a compatible (but not :: and ::1), a NAT64 or a 6to4 address. */
static bool read_inner(const struct address *address, struct address *inner)
{
    const uint8_t *bytes = address->bytes;
    size_t at;

    if (is_in("64:ff9b::/96", address) || (is_in("::/96", address) && (bytes[12] || bytes[13]))) {
        at = 12;
    } else if (is_in("2002::/16", address)) {
        at = 2;
    } else {
        return false;
    }
    *inner = (struct address){ .bytes = { [10] = 0xff, [11] = 0xff } };
    memcpy(inner->bytes + 12, bytes + at, 4);
    return true;
}

bool networks_hold(const struct networks *networks, const struct address *address)
{
    for (size_t i = 0; i < networks->count; i++) {
        const struct network *network = &networks->networks[i];
        /* ::/0 means all of IPv6, and not IPv4 too because we hold that in the mapped form. */
        bool same_family = address_is_v4(address) == (address_is_v4(&network->address) && network->bits >= MAPPED_BITS);
        if (same_family && holds(network, address)) {
            return true;
        }
    }
    return false;
}

bool networks_hold_inner(const struct networks *networks, const struct address *address)
{
    struct address inner;

    return networks_hold(networks, address) || (read_inner(address, &inner) && networks_hold(networks, &inner));
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
