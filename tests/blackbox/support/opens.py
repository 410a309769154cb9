"""Many doors, opened from several threads, and what must have come of it: each open recorded, each mail sent."""

import threading

from stack.waiting import wait_until

from .api import Reviewer
from .mailbox import Mailbox


def open_all(stack, reviewers, lanes=4, after_each=lambda number: None):
    """Opens each door once, from several threads; the answers' status codes by reviewer."""
    statuses, lock = {}, threading.Lock()
    waiting = list(enumerate(reviewers))

    def work():
        while True:
            with lock:
                if not waiting:
                    return
                number, reviewer = waiting.pop()
            answer = Reviewer(stack.views.url(), reviewer["url"]).open()
            with lock:
                statuses[reviewer["id"]] = answer.status_code
            after_each(number)

    in_threads(work, lanes)
    return statuses


def in_threads(work, count):
    failures = []

    def guarded():
        try:
            work()
        except BaseException as failure:  # a thread's failure is the test's
            failures.append(failure)

    threads = [threading.Thread(target=guarded) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def reviewers_of(stack, count):
    """Spread over links of at most 100 reviewers; nobody is invited by mail."""
    interview = stack.make_interview()
    links = [stack.make_share_link(reviewer_count=min(100, count - done), interview_ids=[interview]) for done in range(0, count, 100)]
    return [reviewer for link in links for reviewer in link["reviewers"]]


def wait_for_mails(stack, count, seconds):
    """Until `count` different mails are there and PostgreSQL knows that each was sent."""
    mailbox = Mailbox(stack.mail.mail_dir)
    wait_until(lambda: len({mail["Message-ID"] for mail in mailbox.all()}) >= count, seconds, f"{count} different mails arrive")
    wait_until(lambda: stack.db.value("select count(*) from notifications.deliveries where state = 'sent'") >= count, seconds,
               "each mail is recorded as sent")
    return mailbox.all()


def opens_recorded(stack):
    return stack.db.value("select count(*) from events.log where type = 'link.opened'")
