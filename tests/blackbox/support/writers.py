"""Every statement that writes, sent straight to PostgreSQL as the role that sends it, on a small world of few rows: so that any two of
them meet on the same ones.
"""

import hashlib
import itertools
import json
import pathlib
import random
import re
import sys

import psycopg2

from . import samples
from .api import Api

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "common" / "pg"))

from statements import head  # noqa: E402

WRITES = re.compile(r"insert into|\bupdate\b|delete from|for (no key |key )?(update|share)|advisory|"
                    r"\b(hold_interviews|erase_interview|open_links|store_\w+|take_\w+|forget_\w+|make_partitions|plan_digests|plan_expiry_warnings)\(")
# Of these no two are ever sent at once, or they lock rows that nobody else can know.
ALONE = {"record_schema", "create_account", "lock_account", "create_key"}
LOGO_URL = "https://hooks.example/logo.png"
numbers = itertools.count(1)


def writing_statements():
    """{name: (statement, service)} of all in the tree whose text writes or locks."""
    found = {}
    for place in ("common", "services"):
        for path in sorted((ROOT / place).rglob("*.sql")):
            if {"schema", "migrations"} & set(path.parts):
                continue
            statement = head.read(path.stem, path.read_text(encoding="utf-8"))
            if path.stem not in ALONE and not statement.is_page and WRITES.search(statement.text.lower()):
                service = path.relative_to(ROOT).parts[1] if place == "services" else "links"
                found[path.stem] = (statement, service)
    return found


def new(prefix):
    return f"{prefix}{next(numbers):026d}"


def new_bytes():
    return "\\x" + random.randbytes(32).hex()


class World:
    """What there is: links with two reviewers each, all interviews in all links, deliveries of all kinds."""

    def __init__(self, stack):
        self.stack, self.db = stack, stack.db
        self.interviews = [stack.make_interview() for _ in range(3)]
        self.links, self.reviewers = [], {}
        addresses = [f"r{i}@world.example" for i in range(2)]
        for _ in range(3):
            body = samples.share_link_body(self.interviews, 0, reviewers=[{"name": "R", "email": each} for each in addresses], send_email=True)
            link = stack.api.post("/v1/share-links", body, status=201).json()
            self.links.append(link["id"])
            for number in range(2):
                assert stack.reviewer(link, number).open().status_code == 200
        hooks = Api(stack.notifications.url(), stack.key)
        self.endpoints = [hooks.post("/v1/webhook-endpoints", {"url": f"https://hooks.example/{i}"}, status=201).json()["id"] for i in range(2)]
        self.templates = [stack.api.post("/v1/email-templates", {"name": f"T{i}", "subject": "s", "body": "b"}, status=201).json()["id"]
                          for i in range(2)]
        self.addresses = ["owner@world.example"]
        console = Api(stack.console.url(), stack.key)
        self.sessions = [console.post("/v1/console-sessions", {"recruiter": {"email": self.addresses[0]}}, status=201).json()["id"] for _ in range(3)]

    def settle(self):
        """With the daemons gone: some deliveries due, some leased, some failed."""
        self.people = self.db.rows("""
            select r.id, r.share_link_id, encode(r.token_hash, 'hex') as token, encode(r.passcode_hash, 'hex') as passcode,
                   (select encode(v.session_hash, 'hex') from views.visits v where v.reviewer_id = r.id limit 1) as session
            from links.reviewers r order by r.id""")
        self.db.rows("update views.visits set last_seen_at = now() - interval '5 minutes'")
        self.events = [row["id"] for row in self.db.rows("select id from events.log order by id")]
        self.db.rows("""
            insert into notifications.deliveries (id, event_id, event_type, account_id, channel, kind, recipient, event_data, happened_at,
                                                  share_link_id, state, next_attempt_at, lease_holder, lease_until)
            select 'dlv_world' || n, 'evt_world' || n, 'link.created', %s, case n %% 2 when 0 then 'email' else 'webhook' end, 'event',
                   case n %% 2 when 0 then %s else %s end, '{}', now(), %s,
                   case when n > 24 then 'failed' else 'pending' end, now(), case when n <= 12 then 'w' end,
                   case when n <= 12 then now() + interval '1 day' end
            from generate_series(1, 30) n""", self.stack.account, self.addresses[0], self.endpoints[0], self.links[0])
        self.db.rows("insert into notifications.preferences (account_id, address, digest, digest_since, digest_until) "
                     "values (%s, %s, 'daily', '2020-01-01', '2020-01-02')", self.stack.account, self.addresses[0])
        self.db.rows("update links.interviews set document = document || %s", json.dumps(self.spoken()))
        self.db.rows("insert into views.fetches (account_id, url, document_version) values (%s, %s, 1)", self.stack.account, LOGO_URL)
        self.db.rows("update links.accounts set brand_logo_url = %s where id = %s", LOGO_URL, self.stack.account)
        self.db.rows("update views.fetches set lease_holder = 'w'")
        fetches = self.db.rows("select id, interview_id is null as is_logo from views.fetches")
        self.captions, self.logos = [[row["id"] for row in fetches if row["is_logo"] == wanted] for wanted in (False, True)]
        self.deliveries = [row["id"] for row in self.db.rows("select id from notifications.deliveries where lease_holder = 'w'")]
        self.failed = [row["id"] for row in self.db.rows("select id from notifications.deliveries where state = 'failed'")]
        self.db.rows("insert into sharelink.idempotent_answers (id, service, box, about, created_at) select sha256(n::text::bytea), "
                     "'sharelink_links', 'x', %s, now() - interval '2 days' from generate_series(1, 20) n",
                     f"{self.stack.account}/{self.interviews[0]}")

    @staticmethod
    def spoken():
        """One answer with captions to be fetched, one with lines of its own."""
        return {"questions": [
            {"id": "q1", "text": "Why?", "answer": {"kind": "video", "captions_url": "https://hooks.example/a.vtt", "duration_seconds": 60}},
            {"id": "q2", "text": "How?", "answer": {"kind": "video", "transcript": [{"start": 0, "end": 1, "text": f"t{next(numbers)}"}]}}]}

    def scene(self):
        """What one call is about, by the names of inputs."""
        person = random.choice(self.people)
        some = random.sample(self.interviews, random.randint(1, len(self.interviews)))
        key = "\\x" + self.db_digest(random.randint(1, 20))
        name = random.choice([None, "name-1", "name-2"])
        return {
            "account_id": self.stack.account, "share_link_id": person["share_link_id"], "reviewer_id": person["id"],
            "interview_id": random.choice(self.interviews), "interview_ids": some, "share_link_ids": random.sample(self.links, 2),
            "token_hash": "\\x" + person["token"], "session_hash": "\\x" + (person["session"] or "00"),
            "endpoint_id": random.choice(self.endpoints), "template_id": random.choice(self.templates), "address": self.addresses[0],
            "delivery_id": random.choice(self.failed), "delivery_ids": self.shuffled(self.deliveries), "lease_holder": "w",
            "event_ids": [new("evt_") for _ in range(70)], "event_id": new("evt_"), "request_id": "req_world", "key_hash": key,
            "is_sound": "t", "send_email": "t", "is_expiry_given": "f", "only_replaces": "f", "only_creates": "f", "is_default": "t",
            "takes_default_template": "t", "is_sender_name_given": "f", "has_events": "f", "has_description": "f",
            "has_share_link_ids": "f", "has_external_ids": "f", "external_ids": None,
            "interviews_max": 500, "reviewers_max": 100000, "mails_max": 1000000, "content_max": 1 << 30, "endpoints_max": 1000000, "keys_max": 1000,
            "title": "Title", "owner_name": "Owner", "owner_email": self.addresses[0], "owner_time_zone": "UTC", "settings": "{}",
            "default_settings": "{}", "changes": json.dumps({"title": f"T {next(numbers)}", **random.choice([{}, {"external_id": name}])}), "external_id": name,
            "metadata": "{}", "metadata_max": 50, "media_salt": new_bytes(),
            "document": json.dumps({"candidate": {"first_name": "A"}, "type": "async", "n": next(numbers), **self.spoken()}), "name": "N", "subject": "s",
            "body": "b", "url": "https://hooks.example/x", "secret": new_bytes(), "grace_s": random.choice([0, 60]), "secrets_max": 10, "state": "enabled",
            "opens": random.choice(["every", "off"]), "reviews": "every", "digest": random.choice(["daily", "off"]), "muted_share_link_ids": [],
            "from": "2020-01-01", "to": "2100-01-01", "events_max": 100, "rating": random.randint(1, 5), "comment": f"c{next(numbers)}",
            "question_ratings": "[]", "note": random.choice((None, "a", "b")), "recommendation": random.choice(("yes", "no")),
            "review_id": new("fbk_"), "room": 10, "lease_s": 60, "held_ids": [], "held_endpoint_ids": [],
            "held_account_ids": [], "endpoint_most": 8, "account_most": 50, "behind_id": "", "attempts_max": 100,
            "disable_after_s": random.choice([0, 100000]), "expiry_warning_hours": 24, "consumer": "email", "grace_ms": 0,
            "people": [f"{self.stack.account} {each}" for each in self.addresses],
            "events_most": 100, "walk_most": 100, "forget_most": 100, "gather_s": 60, "settle_s": 60, "waiting_ids": [], "only_ids": [], "told_most": 100, "asked_us": 1, "max_age_days": 365,
            "most": 100, "tries_per_network": 5, "tries_per_link": 20, "window_s": 600, "pause_s": 1, "link_pause_s": 1, "pause_most_s": 1,
            "usual_opens": random.choice([0, 1000]), "usual_networks": 1000, "basic_opens_max": random.choice([1, 1000]),
            "revisions_max": random.choice([1, 50]), "revisions_kb_max": 1024, "error": "e", "lock": random.randint(1, 3), "box": "\\x00",
            "about": f"{self.stack.account}/{self.interviews[0]}", "key_id": "key_none", "scopes": [],
            "media_path": "/s/world/media/",
            "session_id": None, "recruiter_email": self.addresses[0], "time_zone": "UTC", "view": "links", "may": [], "sees": "own",
            "scheme": "auto", "code_hash": new_bytes(), "expires_in_s": 3600, "sessions_max": 1000000,
            "fetch_id": random.choice(self.captions), "document_version": 1, "delay_s": random.choice([-1, 0, 60]),
            "lines": json.dumps([{"start": 0, "end": 1, "text": f"l{next(numbers)}"}]), "kb_max": 1024,
            "content_type": "image/png", "bytes": "\\x00",
        }

    @staticmethod
    def db_digest(number):
        return hashlib.sha256(str(number).encode()).hexdigest()

    @staticmethod
    def shuffled(listed):
        return random.sample(listed, len(listed))

    def rows(self, statement, name, scene):
        """Of a statement's table of rows or batch: a dict for each."""
        people = self.shuffled(self.people)
        if name in ("reviewers", "guests"):
            return [{"id": new("rvw_"), "name": "R", "email": f"n{next(numbers)}@world.example", "token_hash": new_bytes(),
                     "passcode_hash": new_bytes(), "sealed": "\\x00", "external_id": random.choice([None, new("name-")]), "metadata": "{}", "locale": None}
                    for _ in range(2 if name == "reviewers" else 1)]
        if name == "boxes":
            return [{"reviewer_id": each["id"], "passcode_epoch": 1, "token_hash": new_bytes(), "passcode_hash": new_bytes(), "sealed": "\\x00"}
                    for each in people if each["share_link_id"] == scene["share_link_id"]]
        if name == "tries":
            return [{"token_hash": "\\x" + each["token"], "passcode_hash": random.choice(["\\x" + each["passcode"], "\\x00"]),
                     "visit_id": new("vis_"), "session_hash": new_bytes() if statement == "open_link" else "\\x" + (each["session"] or "00"),
                     "cookie_hash": random.choice([None, "\\x" + (each["session"] or "00")]), "event_id": new("evt_"), "network": "192.0.2.0/24",
                     "device": "desktop", "request_id": "req_world"} for each in people]
        if name == "reports":
            return [{"token_hash": "\\x" + each["token"], "session_hash": "\\x" + (each["session"] or "00"),
                     "interview_id": random.choice(self.interviews), "question_id": random.choice(["q1", "q2"]), "seconds": 1, "position": 1,
                     "event_id": new("evt_"), "request_id": "req_world"} for each in people]
        if name == "outcomes":
            return [{"delivery_id": each, "outcome": random.choice(["sent", "later"]), "error": "e", "delay_ms": 1000}
                    for each in self.shuffled(self.deliveries)]
        if name == "dead":
            return [{"stream": "s", "entry_id": str(n), "event_id": f"evt_dead{n}", "fault": "f"} for n in self.shuffled(range(10))]
        raise AssertionError(f"no rows are known for {name}: say here what they are")


# Where the usual scene would not do.
OVER = {
    "create_link": lambda world, scene: {"share_link_id": new("lnk_"), "template_id": None},
    "create_basic_link": lambda world, scene: {"share_link_id": new("lnk_")},
    **dict.fromkeys(("delete_session", "start_session"), lambda world, scene: {"session_id": random.choice(world.sessions)}),
    "create_session": lambda world, scene: {"session_id": new("cns_"), "share_link_id": None},
    "create_template": lambda world, scene: {"template_id": new("tpl_")},
    "create_endpoint": lambda world, scene: {"endpoint_id": new("whe_")},
    "renew_passcodes": lambda world, scene: {"reviewer_id": None},
    "plan_mails": lambda world, scene: {"event_ids": world.shuffled(world.events)},
    "plan_webhooks": lambda world, scene: {"event_ids": world.shuffled(world.events)},
    "condemn_mails": lambda world, scene: {"event_id": random.choice(world.events)},
    "condemn_webhooks": lambda world, scene: {"event_id": random.choice(world.events)},
    "retry_dead_deliveries": lambda world, scene: {"delivery_id": None},
    "put_interview": lambda world, scene: {},
    "unsubscribe": lambda world, scene: {"wish": random.choice(["link", "all", "daily", "first"])},
    "invite_reviewers": lambda world, scene: random.choice([{"who": "unopened", "reviewer_ids": []}, {"who": None, "reviewer_ids": [
        each["id"] for each in world.shuffled(world.people) if each["share_link_id"] == scene["share_link_id"]]}]),
    "change_memberships": lambda world, scene: dict(zip(("add_to", "remove_from"), ((shuffled := world.shuffled(world.links))[:2], shuffled[2:]))),
    "put_off_fetch": lambda world, scene: {"fetch_id": random.choice(world.captions + world.logos)},
    "store_captions": lambda world, scene: {"document_version": world.db.value(
        "select document_version from views.fetches where id = %s", scene["fetch_id"]) or 1},
    "store_logo": lambda world, scene: {"fetch_id": world.logos[0], "digest": f"{random.randint(1, 3)}"},
    "put_interviews": lambda world, scene: {"ids": world.shuffled([*world.interviews, "int-new"]), "documents": [scene["document"]] * 4,
                                            "external_ids": [None, *world.shuffled([f"batch-{n}" for n in range(3)])], "metadata": ["{}"] * 4},
    "update_account": lambda world, scene: {"is_logo_given": "t", "changes": json.dumps({"brand_logo_url": LOGO_URL, "brand_name": f"B{next(numbers)}"})},
    "update_reviewer": lambda world, scene: {"passcode_epoch": 1, "token_hash": new_bytes(), "passcode_hash": new_bytes(), "sealed": "\\x00",
                                             "changes": json.dumps({"email": f"n{next(numbers)}@world.example"})},
}
# What may stay; all else is undone, so that the world remains as it is.
KEPT = {"put_interview", "put_interviews", "update_link", "update_account", "update_template", "review_interview", "report_done", "report_watch", "put_preferences",
        "update_endpoint", "prove_session", "renew_leases", "add_interviews", "put_memberships", "change_memberships"}


def literal(value):
    """As EXECUTE takes it for any type."""
    if value is None:
        return None
    if isinstance(value, (list, tuple)):
        return "{" + ",".join("NULL" if each is None else '"' + str(each).replace("\\", "\\\\").replace('"', '\\"') + '"' for each in value) + "}"
    return str(value)


class Writer:
    """A session of one service's role with one statement."""

    def __init__(self, world, name, statement, url):
        self.world, self.name, self.statement = world, name, statement
        self.connection = psycopg2.connect(url)
        self.cursor = self.connection.cursor()
        self.cursor.execute(f"prepare {name} as {statement.text}")
        self.connection.commit()

    def arguments(self):
        scene = self.world.scene()
        scene.update(OVER.get(self.name, lambda *_: {})(self.world, scene))
        batch = [self.columns(rows, scene) for rows in self.statement.rows if rows.is_batch]
        tables = [self.columns(rows, scene) for rows in self.statement.rows if not rows.is_batch]
        given = [self.value(field, scene) for field in self.statement.inputs]
        return [literal(each) for each in [*sum(batch, []), *given, *sum(tables, [])]]

    def value(self, field, scene):
        if field.name in scene:
            return scene[field.name]
        assert field.may_be_null, f"{self.name} takes {field.name}: say in support/writers.py what it is"
        return None

    def columns(self, rows, scene):
        listed = self.world.rows(self.name, rows.name, scene)
        return [[row.get(column.name) for row in listed] for column in rows.columns]

    def run(self, look=None):
        """Once; what look(cursor) finds before the end. Only what a lock does is of interest, not what the statement answers."""
        arguments = self.arguments()
        try:
            self.cursor.execute(f"execute {self.name}" + (f"({', '.join(['%s'] * len(arguments))})" if arguments else ""), arguments or None)
            found = look(self.cursor) if look else None
            if self.name in KEPT:
                self.connection.commit()
            return found
        finally:
            self.connection.rollback()

    def close(self):
        self.connection.close()
