"""One mailbox is one person, however its address is written: capitals, a host name in its own script or in its ASCII form,
composed or decomposed."""

import re

import pytest
import requests
from stack.waiting import wait_until
from support import samples
from support.api import Api
from support.bodies import fault_codes

CANONICAL = "{}@xn--bcher-kva.example"
SPELLINGS = ["{}@bücher.example", "{}@xn--bcher-kva.example", "{}@BÜCHER.Example", "{}@bu\u0308cher.example", "{}@XN--BCHER-KVA.EXAMPLE"]
EVERY = pytest.mark.parametrize("spelling", [*SPELLINGS, CANONICAL.replace("{}", "{}").upper()])
NAMES = iter(f"ana{number:03}" for number in range(1000))


@pytest.fixture
def name():
    return next(NAMES)


def written(spelling, name):
    return spelling.replace("{}", name.upper() if spelling.isupper() else name)


@pytest.fixture(scope="module")
def prefs(stack):
    return Api(stack.notifications.url(), stack.key)


def test_one_reviewer_of_a_body(stack, name):
    body = samples.share_link_body([stack.make_interview()])
    body["reviewers"] = [{"name": "Ana", "email": written(each, name)} for each in SPELLINGS]
    assert fault_codes(stack.api.post("/v1/share-links", body)) == {f"/reviewers/{n}/email": "duplicate" for n in range(1, len(SPELLINGS))}


@EVERY
def test_one_reviewer_of_a_link(stack, name, spelling):
    link = stack.make_share_link(reviewers=[{"name": "Ana", "email": written(spelling, name)}])
    assert link["reviewers"][0]["email"] == CANONICAL.format(name)
    for other in SPELLINGS:
        answer = stack.api.post(f"/v1/share-links/{link['id']}/reviewers", {"reviewers": [{"name": "Ana", "email": written(other, name)}]})
        assert list(fault_codes(answer)) == ["/reviewers/0/email"]


@EVERY
def test_one_owner(stack, name, spelling):
    owner = samples.owner() | {"email": written(spelling, name)}
    made = stack.make_share_link(owner=owner)
    changed = stack.make_share_link()
    stack.api.patch(f"/v1/share-links/{changed['id']}", {"owner": {"email": written(spelling, name)}}, status=200)
    basic = stack.api.post(f"/v1/interviews/{stack.make_interview()}/basic-link", {"owner": owner}, status=201).json()
    assert made["owner"]["email"] == CANONICAL.format(name)
    for other in SPELLINGS:
        listed = stack.api.get("/v1/share-links", params={"owner_email": written(other, name)}, status=200).json()["data"]
        assert {each["id"] for each in listed} == {made["id"], changed["id"], basic["id"]}


@EVERY
def test_candidate_is_found_by_any_spelling(stack, name, spelling):
    document = samples.interview_document()
    document["candidate"]["email"] = written(spelling, name)
    path = f"/v1/interviews/{samples.interview_id()}"
    stack.api.put(path, document, status=201)
    assert stack.api.get(path, status=200).json()["candidate"]["email"] == CANONICAL.format(name)


@EVERY
def test_people_are_found_by_any_spelling(stack, name, spelling):
    document = samples.interview_document()
    document["candidate"]["email"] = written(spelling, name)
    interview = samples.interview_id()
    stack.api.put(f"/v1/interviews/{interview}", document, status=201)
    link = stack.make_share_link(interview_ids=[interview], reviewers=[{"name": "Ana", "email": written(spelling, name)}])
    for search in (*(written(each, name) for each in SPELLINGS), f"{name}@bucher", f"{name}@xn--bcher", f"BÜCHER. {name}", name):
        assert [each["id"] for each in stack.api.get("/v1/interviews", params={"search": search}, status=200).json()["data"]] == [interview], search
        assert [each["id"] for each in stack.api.get("/v1/share-links", params={"search": search}, status=200).json()["data"]] == [link["id"]], search


@pytest.mark.parametrize("label", ["bücher", "straße", "пример", "例え", "münchen-ost", "ü", "испытание", "δοκιμή", "ليهمابتكلموشعربي؟", "他们为什么不说中文",
                                   "ひとつ屋根の下2"])
def test_names_of_hosts_are_read_in_their_own_script(stack, label):
    assert stack.db.value("select sharelink.punycode_decoded(%s)", "xn--" + label.encode("punycode").decode()) == label


@pytest.mark.parametrize("label", ["xn--", "xn---", "xn--a_b", "xn--99999999999", "xn--" + "9" * 59, "xn--" + "z" * 59, "xn--a-" + "0" * 50, "plain", "x"])
def test_names_of_hosts_that_decode_to_nothing_do_no_harm(stack, label):
    stack.db.value("select sharelink.punycode_decoded(%s)", label)
    link = stack.make_share_link(reviewers=[{"name": "Ana", "email": f"a@{label.replace('_', '').strip('-') or 'x'}.example"}])
    assert link["reviewers"][0]["email"].endswith(".example")


def test_preferences_of_one_spelling_bind_all(stack, prefs, name):
    path = "/v1/notification-preferences/{}".format
    for number, spelling in enumerate(SPELLINGS):
        assert prefs.get(path(written(spelling, name)), status=200).headers["ETag"] == f'"v{number}"'
        put = prefs.put(path(written(spelling, name)), {"opens": "first" if number % 2 else "off"}, status=200)
        assert put.json()["email"] == CANONICAL.format(name) and put.headers["ETag"] == f'"v{number + 1}"'
    assert stack.db.value("select count(*) from notifications.preferences where address like %s", f"%{name}@%") == 1


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_opens_are_told_as_wished_by_another_spelling(stack, prefs, name, spelling):
    link = stack.make_share_link(owner=samples.owner() | {"email": written(spelling, name)})
    for other in SPELLINGS:
        if other != spelling:
            prefs.put(f"/v1/notification-preferences/{written(other, name)}", {"opens": "off"}, status=200)
    stack.reviewer(link).open(status=200)
    told = wait_until(lambda: stack.db.rows("select reason from notifications.deliveries where share_link_id = %s and kind = 'opened'", link["id"]),
                      20, "the open has its delivery")
    assert [each["reason"] for each in told] == ["preference_off"]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_one_click_stops_the_mails_of_every_spelling(stack, prefs, name, spelling):
    link = stack.make_share_link(owner=samples.owner() | {"email": written(spelling, name)})
    stack.reviewer(link).open(status=200)
    mail = stack.mails.wait_for_one_to(CANONICAL.format(name))
    url = re.fullmatch(r"<(http[^>]+)>", mail["List-Unsubscribe"])[1]
    at_daemon = stack.notifications.url() + url[url.index("/u/"):]
    assert requests.post(at_daemon, data={"scope": "all"}, timeout=10).status_code == 200
    for other in SPELLINGS:
        assert prefs.get(f"/v1/notification-preferences/{written(other, name)}", status=200).json()["opens"] == "off"
