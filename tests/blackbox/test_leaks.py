"""The search that closes the suite (support/leaks.py) finds what it is to find: in each log that a stack writes, in whatever spelling."""

import pytest
from support import leaks
from support.api import Api, Reviewer
from support.mailbox import Mailbox
from support.samples import reviewers

CLEAN = '{"event":"request.done","path":"/s/-","request_id":"req_01M8KWFP96EMTTMRGV79R6X74B"}\n'


@pytest.fixture(scope="module")
def passed_by(stack):
    """What a link, its mail and its session gave away."""
    invited = reviewers(1)
    link = stack.make_share_link(reviewers=invited, send_email=True)
    stack.make_interview(candidate={"first_name": "Ermintrude9", "last_name": "Vandersloot9"})
    mail = Mailbox(stack.mail.mail_dir).wait_for_one_to(invited[0]["email"])
    browser = stack.reviewer(link)
    browser.open(status=200)
    secret = Api(stack.notifications.url(), stack.key).post("/v1/webhook-endpoints", {"url": "https://hooks.example/in", "events": ["link.opened"]}, status=201).json()["secret"]
    assert mail
    return {"token": browser.token, "passcode": browser.passcode, "key": stack.key, "session": browser.session.cookies["sharelink_session"], "secret": secret,
            "address": invited[0]["email"], "owner": link["owner"]["email"], "reviewer": invited[0]["name"], "candidate": "Ermintrude9"}


def test_logs_of_servers_are_searched(stack, passed_by):
    for server in (*stack.daemons, stack.front):
        assert leaks.faults_of(server.log) == []


@pytest.mark.parametrize("kind", ["token", "passcode", "key", "session", "secret", "address", "owner", "reviewer", "candidate"])
@pytest.mark.parametrize("shape", ["{}", '"{}"', "/s/{}/open", "x={};y", "({}),", '{{"to":"{}"}}'])
def test_each_kind_is_found(tmp_path, passed_by, kind, shape):
    log = tmp_path / "front.log"
    log.write_text(CLEAN * 3)
    assert leaks.faults_below(str(tmp_path)) == []
    log.write_text(CLEAN + shape.format(passed_by[kind]) + "\n" + CLEAN)
    assert passed_by[kind].lower() in leaks.faults_below(str(tmp_path))[0].lower()


def test_address_in_an_url_is_found(tmp_path, passed_by):
    log = tmp_path / "front.log"
    log.write_text(CLEAN + "/v1/notification-preferences/" + passed_by["address"].replace("@", "%40") + "\n")
    assert leaks.faults_of(log)


def test_wrong_passcodes_are_nobodys(stack, tmp_path):
    wrong = "0000-0000-0000-0000"
    link = stack.make_share_link()
    Reviewer(stack.views.url(), link["reviewers"][0]["url"]).open(wrong, status=401)
    assert wrong not in leaks.noted
