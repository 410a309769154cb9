"""The mail sink as a server, and the reading of what it caught."""

import email
import email.policy
import os
import socket

from .server import Server

PROGRAM = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "mail_sink.py")


class MailSink(Server):
    def __init__(self, mail_dir, port, log):
        super().__init__("mail", port, log)
        self.mail_dir = os.path.abspath(mail_dir)

    def url(self):
        return f"smtp://127.0.0.1:{self.port}"

    def command(self):
        return ["/usr/bin/python3", PROGRAM, str(self.port), self.mail_dir]

    def prepare(self):
        os.makedirs(self.mail_dir, mode=0o700, exist_ok=True)

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False


def mail_files(mail_dir):
    """The paths of all mails, oldest first."""
    names = os.listdir(mail_dir) if os.path.isdir(mail_dir) else []
    return [os.path.join(mail_dir, name) for name in sorted(names) if name.endswith(".eml")]


def read_mail(path):
    with open(path, "rb") as file:
        return email.message_from_binary_file(file, policy=email.policy.default)


def text_of(mail):
    """What a reader of plain text sees."""
    part = mail.get_body(preferencelist=("plain",))
    return part.get_content().replace("\r\n", "\n").strip() if part else ""
