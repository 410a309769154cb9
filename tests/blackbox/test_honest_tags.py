"""Whatever happens behind a caller's back: with a tag that he has, nobody is told that nothing has changed when something has.

Every answer that may be a 304 is watched while things happen that move no version of ours: people open, watch and review, mails go
out, captions and a logo arrive, time passes, the operator switches things off.
"""

import itertools

import pytest
from stack.daemon import NAMES
from stack.waiting import wait_until
from support import samples
from support.api import Api
from support.changes import inside
from support.contract import CONTRACTS
from support.receiver import Source, answer_with
from test_logos import IMAGES, SETTINGS

VTT = b"WEBVTT\n\n00:01.000 --> 00:02.500\nHello and welcome\n"
UNCHANGING = {"/openapi.json", "/v1/openapi.json", "/docs", "/v1/event-types"}


@pytest.fixture(scope="module")
def source():
    made = Source()
    yield made
    made.close()


@pytest.fixture(scope="module")
def stack(shared, source):
    settings = {f"SHARELINK_VIEWS_{name}": value for name, value in {**SETTINGS, "FETCH_TRIES": "20"}.items()}
    made = shared.make_stack(settings={"SHARELINK_LINKS_ALLOW_HTTP_MEDIA": "on", **settings})
    yield made
    made.close()


class World:
    """One of each thing that may be asked for, and what happens to it."""

    def __init__(self, stack, source):
        self.stack, self.source = stack, source
        self.log = Api(stack.notifications.url(), stack.key)
        answer = {"kind": "video", "media_url": "https://media.example/a.mp4", "duration_seconds": 9, "captions_url": source.url("/captions")}
        source.at["/captions"] = lambda handler: handler.send_error(503)
        source.at["/logo"] = lambda handler: handler.send_error(503)
        self.interview = stack.make_interview(questions=[{"id": "q1", "text": "Why?", "answer": answer}])
        self.link, seen = (stack.make_share_link(interview_ids=[self.interview, stack.make_interview()], reviewer_count=2) for _ in range(2))
        self.template = stack.api.post("/v1/email-templates", {"name": "T", "subject": "S", "body": "B", "is_default": True}, status=201).json()["id"]
        self.basic = stack.api.post(f"/v1/interviews/{self.interview}/basic-link", status=201).json()
        self.owner = self.link["owner"]["email"]
        self.invited = stack.make_share_link(send_email=True)
        wait_until(lambda: self.deliveries(), 20, "a delivery")
        self.delivery = self.deliveries()[0]["id"]
        self.event = self.log.get("/v1/events?limit=1", status=200).json()["data"][0]["id"]
        self.browser = inside(stack, seen)
        self.inside = [self.browser]

    def deliveries(self):
        return self.log.get(f"/v1/deliveries?share_link_id={self.invited['id']}", status=200).json()["data"]

    def places(self):
        """{(daemon, address): (API, path)} of every answer that may be a 304."""
        api, link, page = self.stack.api, f"/v1/share-links/{self.link['id']}", self.browser.page
        return {
            ("links", "/v1/account"): (api, "/v1/account"),
            ("links", "/v1/interviews"): (api, "/v1/interviews"),
            ("links", "/v1/interviews/{id}"): (api, f"/v1/interviews/{self.interview}"),
            ("links", "/v1/interviews/{id}/basic-link"): (api, f"/v1/interviews/{self.interview}/basic-link"),
            ("links", "/v1/interviews/{id}/reviews"): (api, f"/v1/interviews/{self.interview}/reviews"),
            ("links", "/v1/share-links"): (api, "/v1/share-links"),
            ("links", "/v1/share-links/counts"): (api, "/v1/share-links/counts"),
            ("links", "/v1/share-links/{id}"): (api, link),
            ("links", "/v1/share-links/{id}/activity"): (api, f"{link}/activity"),
            ("links", "/v1/share-links/{id}/matrix"): (api, f"{link}/matrix"),
            ("links", "/v1/share-links/{id}/opens"): (api, f"{link}/opens"),
            ("links", "/v1/share-links/{id}/reviews"): (api, f"{link}/reviews"),
            ("links", "/v1/share-links/{id}/reviewers/{rid}"): (api, f"{link}/reviewers/{self.link['reviewers'][0]['id']}"),
            ("links", "/v1/email-templates"): (api, "/v1/email-templates"),
            ("links", "/v1/email-templates/standard"): (api, "/v1/email-templates/standard"),
            ("links", "/v1/email-templates/{id}"): (api, f"/v1/email-templates/{self.template}"),
            ("views", "/s/{token}/content"): (self.browser, f"{page}/content?search=welcome"),
            ("views", "/s/{token}/interviews/{id}"): (self.browser, f"{page}/interviews/{self.interview}"),
            ("notifications", "/v1/events"): (self.log, "/v1/events"),
            ("notifications", "/v1/events/{id}"): (self.log, f"/v1/events/{self.event}"),
            ("notifications", "/v1/deliveries"): (self.log, "/v1/deliveries"),
            ("notifications", "/v1/deliveries/{id}"): (self.log, f"/v1/deliveries/{self.delivery}"),
            ("notifications", "/v1/webhook-endpoints"): (self.log, "/v1/webhook-endpoints"),
            ("notifications", "/v1/notification-preferences/{email}"): (self.log, f"/v1/notification-preferences/{self.owner}"),
        }

    # --- what happens, in this order ---

    def nothing(self):
        pass

    def somebody_opens(self):
        self.inside.append(inside(self.stack, self.link))
        self.stack.reviewer(self.basic).open(status=200)

    def somebody_watches(self):
        for each in self.inside:
            each.post(f"{each.page}/interviews/{self.interview}/watch", {"question_id": "q1", "seconds": 9, "position": 9}, status=200)

    def somebody_reviews(self):
        for each in self.inside:
            each.put(f"{each.page}/interviews/{self.interview}/review", {"rating": 4}, status=201)

    def somebody_is_done(self):
        for each in self.inside:
            each.post(f"{each.page}/done", {"note": "That is all."}, status=200)

    def captions_arrive(self):
        self.source.at["/captions"] = lambda handler: answer_with(handler, VTT)
        self.stack.api.put(f"/v1/interviews/{self.interview}", self.document(), status=200)
        wait_until(lambda: self.stack.db.value("select count(*) from views.transcripts where interview_id = %s and lines is not null", self.interview),
                   20, "they are there")

    def document(self):
        answer = self.stack.api.get(f"/v1/interviews/{self.interview}", status=200).json()
        return {name: answer[name] for name in samples.interview_document()}

    def a_logo_is_wanted(self):
        """At an https: URL, as it must be; what is fetched stands elsewhere."""
        self.stack.api.patch("/v1/account", {"brand": {"logo_url": "https://static.hiring.example/logo.png"}}, status=200)
        self.stack.db.rows("update links.accounts set brand_logo_url = %s where id = %s", self.source.url("/logo"), self.stack.account)
        self.stack.db.rows("update views.fetches set url = %s where interview_id is null", self.source.url("/logo"))

    def logo_state(self):
        return self.stack.api.get("/v1/account", status=200).json()["brand"]["logo_state"]

    def the_logo_cannot_be_had(self):
        wait_until(lambda: self.logo_state()["reason"], 20, "it is said why")

    def the_logo_arrives(self):
        self.source.at["/logo"] = lambda handler: answer_with(handler, IMAGES["image/png"])
        wait_until(lambda: self.logo_state()["state"] == "ready", 20, "the logo")

    def somebody_is_invited(self):
        place = f"/v1/share-links/{self.link['id']}/reviewers/{self.link['reviewers'][1]['id']}"
        self.stack.api.post(f"{place}/invite", status=202)
        wait_until(lambda: self.stack.api.get(place, status=200).json()["invitation_state"] == "sent", 20, "the mail is out")

    def another_template_becomes_the_default(self):
        self.stack.api.post("/v1/email-templates", {"name": "Other", "subject": "S", "body": "B", "is_default": True}, status=201)

    def a_recruiter_wants_other_mails(self):
        self.log.put(f"/v1/notification-preferences/{self.owner}", {"opens": "off"}, status=200)

    def a_delivery_is_tried_again(self):
        self.log.post(f"/v1/deliveries/{self.delivery}/retry")

    def time_passes(self):
        for link in (self.link, self.basic):
            self.stack.db.rows("update links.share_links set expires_at = now() - interval '1 second' where id = %s", link["id"])

    def happenings(self):
        return [self.nothing, self.nothing, self.somebody_opens, self.somebody_watches, self.somebody_reviews, self.somebody_is_done, self.captions_arrive,
                self.a_logo_is_wanted, self.the_logo_cannot_be_had, self.the_logo_arrives, self.somebody_is_invited,
                self.another_template_becomes_the_default, self.a_recruiter_wants_other_mails, self.a_delivery_is_tried_again, self.time_passes]


def asked(api, path, tag):
    """The answer to who has the tag, and the whole answer of the same moment."""
    while True:
        before, answer, now = api.get(path), api.get(path, headers={"If-None-Match": tag}), api.get(path)
        if (before.text, before.headers.get("ETag")) == (now.text, now.headers.get("ETag")):
            return answer, now


def test_nobody_is_told_that_nothing_has_changed_when_something_has(stack, source):
    world = World(stack, source)
    assert set(world.places()) | {(name, address) for name, address in itertools.product(NAMES, UNCHANGING)} >= {
        (daemon, address) for daemon in NAMES for method, address, _, operation in CONTRACTS[daemon].operations
        if method == "GET" and "304" in operation["responses"]}
    given = {}  # all that was ever answered with a tag
    same = set()
    for happens in world.happenings():
        happens()
        for place, (api, path) in world.places().items():
            for tag in {tag for at, tag in given if at == place}:
                answer, now = asked(api, path, tag)
                if answer.status_code == 304:
                    assert answer.headers["ETag"] == now.headers["ETag"] == tag
                    assert given[place, tag] == {now.text}, (happens.__name__, path)
                    same.add(place)
            now = api.get(path)
            if now.status_code == 200:
                given.setdefault((place, now.headers["ETag"]), set()).add(now.text)
    assert same == set(world.places()), "each was a 304 once"
