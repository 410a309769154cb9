#!/usr/bin/python3
"""An SMTP server that accepts every mail and keeps it as a file: `mail_sink.py PORT DIRECTORY [ADDRESS [SECONDS]]`.

One .eml a mail, named by the time of its arrival, with the envelope in its first lines (X-Envelope-From, and an
X-Envelope-To for each recipient). A file appears whole or not at all. For trying out and for tests: nothing leaves this
machine, nothing is synced to disk. It listens on loopback unless told otherwise; SECONDS is how long it takes over each
mail, as a busy server does.
"""

import asyncio
import itertools
import os
import signal
import sys
import time

from aiosmtpd.smtp import SMTP


class Sink:
    def __init__(self, directory, seconds_per_mail):
        self.directory = directory
        self.seconds_per_mail = seconds_per_mail
        self.numbers = itertools.count(1)

    async def handle_DATA(self, _server, _session, envelope):
        headers = [f"X-Envelope-From: {envelope.mail_from}"] + [f"X-Envelope-To: {to}" for to in envelope.rcpt_tos]
        content = "\r\n".join(headers).encode("utf-8", "surrogateescape") + b"\r\n" + envelope.original_content
        await asyncio.sleep(self.seconds_per_mail)
        self.store(content)
        return "250 OK: kept"

    def store(self, content):
        path = os.path.join(self.directory, f"{time.time_ns():020d}-{next(self.numbers):06d}.eml")
        with open(path + ".part", "wb") as file:
            file.write(content)
        os.rename(path + ".part", path)


async def serve(port, directory, address="127.0.0.1", seconds_per_mail=0.0):
    sink = Sink(directory, seconds_per_mail)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(sink, hostname="mail.localhost", ident="Sharelink mail sink", enable_SMTPUTF8=True),
        address, port, backlog=1024)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
    server.close()


if __name__ == "__main__":
    if not 3 <= len(sys.argv) <= 5:
        sys.exit("usage: mail_sink.py PORT DIRECTORY [ADDRESS [SECONDS]]")
    asyncio.run(serve(int(sys.argv[1]), *sys.argv[2:4], *map(float, sys.argv[4:])))
