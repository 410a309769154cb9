/* networks.h - IP addresses and lists of networks: whether an address is in one of them, and whether it is a public one. */
#ifndef SHARELINK_NETWORKS_H
#define SHARELINK_NETWORKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sixteen bytes of IPv6; IPv4 is held in its mapped form (::ffff:a.b.c.d), so that one comparison does for both. */
struct address {
    uint8_t bytes[16];
};

/* length bytes of text: a numeric address, IPv6 without brackets. */
bool address_read(const char *text, size_t length, struct address *address);
#define ADDRESS_TEXT_SIZE 46
void address_text(char to[ADDRESS_TEXT_SIZE], const struct address *address);

/* Neither private, loopback, link-local, shared (CGNAT), multicast, reserved nor for documentation; of an address that holds
 * an IPv4 one (mapped, compatible, NAT64, 6to4) that one is judged too. */
bool address_is_public(const struct address *address);

/* NULL when value is a list of CIDRs, divided by commas (or empty), else what is wrong: for the table of settings. */
const char *networks_check(const char *value);

/* CIDRs that were checked; NULL or "" holds no address. */
struct networks;
struct networks *networks_new(const char *cidrs);
void networks_free(struct networks *networks);
bool networks_hold(const struct networks *networks, const struct address *address);
/* As networks_hold, of the address or of an IPv4 one that it holds. */
bool networks_hold_inner(const struct networks *networks, const struct address *address);

#endif
