/* ports.c - see the header. The list is the Fetch standard's (https://fetch.spec.whatwg.org/#port-blocking), which browsers keep,
 * and what stands beside a service rather than before it: databases, caches, queues, remote desktops.
 */
#include "common/fetch/ports.h"

#include <stddef.h>

static const unsigned short not_http[] = { 0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95,
                                           101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161,
                                           179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563,
                                           587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
                                           5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
                                           /* ours: SMB, rsync, SQL Server, Oracle, MQTT, ZooKeeper, MySQL, RDP, AMQP, PostgreSQL,
                                            * VNC, PgBouncer, Redis, Cassandra, Kafka, memcached, Redis Sentinel, MongoDB */
                                           445, 873, 1433, 1521, 1883, 2181, 3306, 3389, 5671, 5672, 5432, 5900, 6379, 6380, 6432,
                                           8883, 9042, 9092, 11211, 16379, 26379, 27017, 27018, 27019 };

bool port_may_be_http(unsigned port)
{
    for (size_t i = 0; i < sizeof not_http / sizeof not_http[0]; i++) {
        if (not_http[i] == port) {
            return false;
        }
    }
    return true;
}
