"""Free ports on loopback."""

import random
import socket

HEALTH_STEP = 1000  # from SHARELINK_LISTEN to where health is by default

_given = []  # sockets, whose names are taken on the whole machine for as long as this process lives


def free_port():
    """A port that nobody listens on and that neither this nor another process of ours has handed out; the same goes for the one that
    a daemon with this port has for its health.

    It lies below the range from which the kernel takes the near end of outgoing connections: a client that keeps trying
    to reach a stopped server would else be given that very port some day, and be connected to itself.
    """
    while True:
        port = random.randrange(15000, _first_ephemeral_port() - HEALTH_STEP)
        if all(_is_first_to_take(each) and is_free(each) for each in (port, port + HEALTH_STEP)):
            return port


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: TIME_WAIT is no obstacle
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _is_first_to_take(port):
    """Between here and a server's own bind() only a name of its own keeps others away from the port."""
    mark = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        mark.bind(f"\0sharelink-port-{port}")
    except OSError:
        mark.close()
        return False
    _given.append(mark)
    return True


def is_open(port):
    """Whether something accepts connections there."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def _first_ephemeral_port():
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        first = int(file.read().split()[0])
    return first if first > 16000 else 32768
