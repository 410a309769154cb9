"""Mail over TLS, and with credentials: what is encrypted, what is checked, and what is never sent when it does not hold."""

import pytest
from stack.waiting import wait_until
from support.authority import Authority
from support.programs import run
from support.scripted_smtp import ScriptedSmtp


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    made = Authority(str(tmp_path_factory.mktemp("authority")))
    made.good, made.bad = made.context("IP:127.0.0.1"), made.context("DNS:other.example")
    return made


@pytest.fixture
def server(request):
    """server(tls=…, …): a ScriptedSmtp that ends with the test."""
    def make(**options):
        made = ScriptedSmtp(**options)
        request.addfinalizer(made.close)
        return made
    return make


def ca(authority):
    # Through a file that the daemon may read, whoever it runs as.
    return {"SHARELINK_SMTP_CA_FILE": authority.certificate, "SHARELINK_SMTP_TIMEOUT_SECONDS": "5"}


def invite(stack, address="rae@scripted.example"):
    stack.make_share_link(reviewers=[{"name": "Rae", "email": address}], send_email=True)
    return address


def delivery_after_a_try(stack, address):
    return wait_until(lambda: next(iter(stack.db.rows(
        "select * from notifications.deliveries where recipient = %s and (state <> 'pending' or last_error is not null)", address)), None),
        30, "the mail was tried")


@pytest.mark.parametrize("implicit", [False, True], ids=["STARTTLS", "smtps"])
def test_mails_go_over_tls_that_was_checked_and_connections_are_kept(make_stack, server, authority, implicit):
    smtp = server(tls=authority.good, implicit_tls=implicit)
    stack = make_stack(smtp=smtp, settings=ca(authority) | {"SHARELINK_SMTP_REQUIRE_TLS": "on", "SHARELINK_WORKERS": "1"})
    for number in range(3):
        address = invite(stack, f"rae{number}@scripted.example")
        smtp.wait_for_accepted(1, address)
    assert [attempt.is_secure for attempt in smtp.accepted()] == [True] * 3 and smtp.connections == 1


@pytest.mark.parametrize(("options", "settings"), [
    ({"tls": None}, {"SHARELINK_SMTP_REQUIRE_TLS": "on"}),
    ({"tls": "bad"}, {"SHARELINK_SMTP_REQUIRE_TLS": "on"}),
    ({"tls": "bad", "implicit_tls": True}, {}),
    ({"tls": "bad"}, {}),  # not required, but it is said by what to check
], ids=["not offered", "another server's certificate", "smtps with another's", "opportunistic with another's"])
def test_nothing_is_sent_where_tls_does_not_hold_and_the_delivery_says_so(make_stack, server, authority, options, settings):
    tls = authority.bad if options["tls"] else None
    smtp = server(**{**options, "tls": tls}, credentials=("mailer", "swordfish"))
    url = smtp.url("mailer:swordfish@")
    stack = make_stack(smtp=smtp, settings=ca(authority) | settings | {"SHARELINK_SMTP_URL": url})
    row = delivery_after_a_try(stack, invite(stack))
    assert row["state"] == "pending" and "TLS" in row["last_error"] and row["attempts"] >= 1
    assert smtp.tried() == []


def test_certificate_of_an_unknown_authority_is_refused_when_tls_is_required(make_stack, server, authority):
    smtp = server(tls=authority.good)
    stack = make_stack(smtp=smtp, settings={"SHARELINK_SMTP_REQUIRE_TLS": "on"})
    assert "TLS" in delivery_after_a_try(stack, invite(stack))["last_error"]
    assert smtp.tried() == []


def test_tls_that_is_offered_is_used_though_nobody_requires_it(make_stack, server, authority):
    smtp = server(tls=authority.bad)
    stack = make_stack(smtp=smtp)
    attempt = smtp.wait_for_accepted(1, invite(stack))[0]
    assert attempt.is_secure


def test_credentials_are_given_over_tls(make_stack, server, authority):
    smtp = server(tls=authority.good, credentials=("mailer", "p@ss word"))
    stack = make_stack(smtp=smtp, settings=ca(authority) | {"SHARELINK_SMTP_REQUIRE_TLS": "on",
                                                            "SHARELINK_SMTP_URL": smtp.url("mailer:p%40ss%20word@")})
    assert smtp.wait_for_accepted(1, invite(stack))[0].is_secure
    with open(stack.notifications.log, encoding="utf-8") as log:
        assert "p%40ss" not in (text := log.read()) and "p@ss" not in text


def test_wrong_credentials_delay_every_mail_and_lose_none(make_stack, server):
    smtp = server(credentials=("mailer", "right"))
    stack = make_stack(smtp=smtp, settings={"SHARELINK_SMTP_URL": smtp.url("mailer:wrong@")})
    row = delivery_after_a_try(stack, invite(stack))
    assert row["state"] == "pending" and "credentials" in row["last_error"] and "535" in row["last_error"]
    smtp.credentials = ("mailer", "wrong")  # as when the operator has put it right at the server
    smtp.wait_for_accepted(1, "rae@scripted.example", seconds=30)


@pytest.mark.parametrize("setting, warns", [("off", True), ("on", False), (None, False)])
def test_mails_without_tls_have_to_be_asked_for_and_are_told(make_stack, setting, warns):
    stack = make_stack(settings={"SHARELINK_SMTP_REQUIRE_TLS": setting} if setting else {})
    with open(stack.notifications.log, encoding="utf-8") as log:
        assert ("mail.tls_not_required" in log.read()) is warns


@pytest.mark.parametrize("setting, sent", [(None, False), ("off", True), ("maybe", None)])
def test_a_server_elsewhere_gets_no_mail_in_clear_unless_it_is_said(server, setting, sent):
    """By a name that leads to the loopback (RFC 6761), and has a dot as that of any server elsewhere."""
    smtp = server()
    settings = {"SHARELINK_SMTP_URL": f"smtp://mail.localhost:{smtp.port}", "SHARELINK_MAIL_FROM": "noreply@sharelink.example",
                **({"SHARELINK_SMTP_REQUIRE_TLS": setting} if setting else {})}
    ended = run("sharelink", "smtp-test", "rae@scripted.example", settings=settings, seconds=30)
    assert bool(smtp.tried()) is bool(sent), ended.stderr
    assert (ended.returncode == 0) is bool(sent) and (setting != "maybe" or ended.returncode == 78), ended.stderr
