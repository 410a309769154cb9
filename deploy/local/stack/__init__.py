"""The servers of a private Sharelink on this machine: PostgreSQL, Redis, a mail sink, the four daemons and nginx.

`make run` supervises one such stack under .run/, the black-box tests start many. Nothing here touches the system's own
servers: each one of ours listens on a free loopback port and keeps its files in a directory of its own.

    server.py      what all servers do alike: start, wait until it answers, stop, kill
    postgres.py redis.py mail.py nginx.py daemon.py      one kind of server each
    state.py       ports, passwords and keys, remembered from run to run
    system.py      the whole: which server gets which setting, and in which order they start and stop
    supervisor.py  starts again what died
    demo.py        the story that `make run` tells
"""
