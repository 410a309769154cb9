"""Our webhooks, judged by the libraries that their receivers use: the npm packages standardwebhooks and svix."""

import pytest
from stack.waiting import wait_until
from support import npm
from support.api import Api
from support.receiver import Receiver

PACKAGES = {"standardwebhooks": "1.0.0", "svix": "1.99.1"}


def judged(posts):
    """What both say of each (body, headers, secret)."""
    verdicts = npm.run("verify_webhooks.mjs", PACKAGES, [{"body": body, "headers": headers, "secret": secret} for body, headers, secret in posts])
    assert verdicts["standardwebhooks"] == verdicts["svix"]
    return verdicts["svix"]


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack(settings={"SHARELINK_NOTIFICATIONS_WEBHOOK_ALLOW_NETWORKS": "127.0.0.0/8"})
    yield made
    made.close()


@pytest.fixture
def target():
    made = Receiver()
    yield made
    made.close()


def delivered(stack, target):
    """The post of a link that is made now."""
    link = stack.make_share_link()["id"]
    return wait_until(lambda: [post for post in target.posts if post.json()["data"]["share_link_id"] == link], 20, "it has come")[0]


def test_each_live_secret_verifies_during_and_after_two_rotations(stack, target):
    hooks = Api(stack.notifications.url(), stack.key)
    made = hooks.post("/v1/webhook-endpoints", {"url": target.url(), "events": ["link.created"]}, status=201).json()
    path, secrets, posts = f"/v1/webhook-endpoints/{made['id']}", [made["secret"]], []

    def rotate(**body):
        secrets.append(hooks.post(f"{path}/rotate-secret", body, status=200).json()["secret"])

    posts.append(delivered(stack, target))
    rotate()
    posts.append(delivered(stack, target))
    rotate(grace_seconds=3600)
    posts.append(delivered(stack, target))
    # The grace of the second rotation is over first.
    stack.db.rows("update notifications.webhook_endpoints set previous_untils = array(select case when u < now() + interval '2 hours' then now() else u end "
                  "from unnest(previous_untils) with ordinality p (u, place) order by place) where id = %s returning 1", made["id"])
    posts.append(delivered(stack, target))
    rotate(grace_seconds=0)
    posts.append(delivered(stack, target))

    living = [{0}, {0, 1}, {0, 1, 2}, {0, 2}, {3}]
    asked = [(post.body.decode(), post.headers, secret) for post in posts for secret in secrets]
    assert judged(asked) == [place in those for those in living for place in range(4)]
    hooks.delete(path, status=204)


def test_what_was_tampered_with_is_refused(stack, target):
    hooks = Api(stack.notifications.url(), stack.key)
    made = hooks.post("/v1/webhook-endpoints", {"url": target.url(), "events": ["link.created"]}, status=201).json()
    secret = hooks.post(f"/v1/webhook-endpoints/{made['id']}/rotate-secret", status=200).json()["secret"]
    post = delivered(stack, target)
    body, headers = post.body.decode(), post.headers
    other = "whsec_" + "A" * 43 + "="
    assert judged([(body, headers, secret), (body, headers, made["secret"])]) == [True, True]
    tampered = [(body.replace("link.created", "link.deleted"), headers, secret), (body + " ", headers, secret),
                (body, {**headers, "webhook-id": "evt_01M82TYRR3EJ6AY22EE0B33A0S"}, secret),
                (body, {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}, secret),
                (body, {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 3600)}, secret),
                (body, {**headers, "webhook-signature": "v1," + "A" * 43 + "="}, secret), (body, headers, other)]
    assert judged(tampered) == [False] * len(tampered)
    hooks.delete(f"/v1/webhook-endpoints/{made['id']}", status=204)
