"""The mails that a stack's sink has caught."""

import re

from stack.mail import mail_files, read_mail, text_of
from stack.waiting import Failure, wait_until

from . import leaks


class Mailbox:
    def __init__(self, mail_dir):
        self.mail_dir = mail_dir
        self.read = {}

    def all(self):
        """Each an email.message.EmailMessage, oldest first."""
        for path in mail_files(self.mail_dir):
            if path not in self.read:
                self.read[path] = read_mail(path)
                leaks.note_text(text_of(self.read[path]))
        return [self.read[path] for path in sorted(self.read)]

    def to(self, address):
        return [mail for mail in self.all() if address in mail.get_all("X-Envelope-To", [])]

    def wait_for(self, predicate=lambda mail: True, count=1, seconds=20):
        """All mails that satisfy the predicate, as soon as there are at least `count`."""
        def matching():
            found = [mail for mail in self.all() if predicate(mail)]
            return found if len(found) >= count else None
        try:
            return wait_until(matching, seconds, f"{count} mails arrive")
        except Failure as failure:
            there = "\n".join(f"  {mail['To']}: {mail['Subject']}" for mail in self.all())
            raise AssertionError(f"{failure}; there are:\n{there}") from None

    def wait_for_one_to(self, address, seconds=20):
        return self.wait_for(lambda mail: address in mail.get_all("X-Envelope-To", []), 1, seconds)[0]


def link_in(mail):
    """The share link's URL with its passcode, as a reviewer finds it in the text."""
    found = re.search(r"https?://[^\s<>]+/s/[^\s<>#]+#[A-Za-z0-9_-]+", text_of(mail))
    assert found, text_of(mail)
    return found[0]
