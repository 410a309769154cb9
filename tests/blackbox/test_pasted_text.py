"""What is pasted from word processors: line ends of their own, control characters and overrides of direction are mended in every
field that people write, and make a fault in no one of them. Which fields there are is read from proto/openapi."""

import pytest
from support import samples
from support.api import Api
from support.changes import inside
from support.contract import CONTRACTS

PASTED = "\u202aAna\u202c Lo\u0007pez\u2028and\r\nco\u2066\u2069\x0b\x85"
ONE_LINE, LINES = "Ana Lopez and co", "Ana Lopez\nand\nco\n\n"
TEMPLATE = {"name": "Pasted", "subject": "Look", "body": "Please: {{link_url}}"}


# --- every field of every body ---

def texts_of(contract, schema, steps=()):
    """(steps, schema) of each string of a body; a step is a member's name, or 0 for the first element."""
    schema = contract.resolved(schema)
    kinds = schema.get("type", [])
    if "string" in ([kinds] if isinstance(kinds, str) else kinds):
        yield steps, schema
    for part in (*schema.get("allOf", []), *schema.get("anyOf", []), *schema.get("oneOf", [])):
        yield from texts_of(contract, part, steps)
    for name, member in schema.get("properties", {}).items():
        yield from texts_of(contract, member, (*steps, name))
    if isinstance(schema.get("items"), dict):
        yield from texts_of(contract, schema["items"], (*steps, 0))


def is_written(schema):
    """By people, not by machines: those names have a form, or are one of some."""
    return not schema.keys() & {"pattern", "format", "enum", "const", "x-verbatim"}


def body_with(steps, value):
    for step in reversed(steps):
        value = [value] if step == 0 else {step: value}
    return value


def bodies(wanted):
    """Each operation's strings that are (or are not) written by people, once each."""
    for daemon in ("links", "notifications", "views", "console"):
        contract, seen = CONTRACTS[daemon], set()
        for method, path, _, operation in contract.operations:
            content = contract.resolved(operation.get("requestBody", {})).get("content", {})
            for steps, schema in texts_of(contract, content.get("application/json", {}).get("schema", {})):
                if is_written(schema) == wanted and (method, path, steps) not in seen:
                    seen.add((method, path, steps))
                    yield pytest.param(daemon, method, path, steps, id=f"{method} {path} {'/'.join(map(str, steps))}")


@pytest.fixture(scope="module")
def places(stack):
    """How to call each operation: the caller, and what stands for the parameters of its path."""
    link = stack.make_share_link()
    template = stack.api.post("/v1/email-templates", TEMPLATE, status=201).json()
    endpoint = Api(stack.notifications.url(), stack.key)
    made = endpoint.post("/v1/webhook-endpoints", {"url": "https://hooks.example/pasted"}, status=201).json()
    reader, console = inside(stack, link), Api(stack.console.url(), stack.key)
    ids = {"/v1/share-links": link["id"], "/v1/interviews": link["interview_ids"][0], "/v1/email-templates": template["id"],
           "/v1/webhook-endpoints": made["id"], "/s/{token}/interviews": link["interview_ids"][0]}

    def call(daemon, method, path, body):
        collection = path.rpartition("/{id}")[0]
        filled = path.replace("{id}", ids.get(collection, "none")).replace("{token}", reader.token).replace(
            "{rid}", link["reviewers"][0]["id"]).replace("{email}", "olu@recruiters.example")
        caller = {"links": stack.api, "notifications": endpoint, "views": reader, "console": console}[daemon]
        return caller.call(method, filled, json=body)

    return call


def codes_at(answer, steps):
    assert answer.status_code != 404, answer.text
    pointer = "/" + "/".join(str(step) for step in steps)
    problem = answer.json() if answer.status_code == 422 else {}
    return [fault["code"] for fault in problem.get("errors", []) if fault["pointer"] == pointer]


@pytest.mark.parametrize("daemon, method, path, steps", bodies(wanted=True))
def test_what_people_write_may_be_pasted(places, daemon, method, path, steps):
    assert codes_at(places(daemon, method, path, body_with(steps, PASTED)), steps) == []
    assert codes_at(places(daemon, method, path, body_with(steps, 7)), steps) == ["wrong_type"]  # it is this member that is looked at


@pytest.mark.parametrize("daemon, method, path, steps", bodies(wanted=False))
@pytest.mark.parametrize("odd", ["\x07", "\u2028", "\u202e", "\r\n"])
def test_what_machines_name_is_never_mended(places, daemon, method, path, steps, odd):
    assert codes_at(places(daemon, method, path, body_with(steps, f"ab{odd}cd")), steps) != []


# --- what comes of it ---

def test_interview_is_stored_mended(stack):
    document = samples.interview_document()
    document["job"]["title"] = document["candidate"]["first_name"] = document["candidate"]["last_name"] = PASTED
    document["candidate"]["profile"].update(headline=PASTED, location=PASTED, summary=PASTED)
    document["candidate"]["resume"]["file_name"] = "\u202eAna\u2028Lopez.pdf"
    document["questions"][0]["text"] = document["questions"][1]["text"] = PASTED
    document["questions"][0]["answer"]["text"] = PASTED
    document["questionnaire"] = [{"question": PASTED, "answer": PASTED}]
    path = f"/v1/interviews/{samples.interview_id()}"
    stack.api.put(path, document, status=201)
    told = stack.api.get(path, status=200).json()
    candidate, profile = told["candidate"], told["candidate"]["profile"]
    assert [told["job"]["title"], candidate["first_name"], candidate["last_name"], profile["headline"], profile["location"]] == [ONE_LINE] * 5
    assert candidate["resume"]["file_name"] == "Ana Lopez.pdf"
    assert [profile["summary"], told["questions"][0]["text"], told["questions"][0]["answer"]["text"], told["questionnaire"][0]["question"],
            told["questionnaire"][0]["answer"]] == [LINES] * 5


def test_link_template_account_and_endpoint_are_stored_mended(stack):
    body = samples.share_link_body([stack.make_interview()], title=PASTED, message={"subject": PASTED, "body": PASTED})
    body["owner"]["name"] = body["reviewers"][0]["name"] = PASTED
    link = stack.api.post("/v1/share-links", body, status=201).json()
    assert [link["title"], link["owner"]["name"], link["reviewers"][0]["name"], link["message"]["subject"]] == [ONE_LINE] * 4
    assert link["message"]["body"] == LINES
    changes = {"title": f"{PASTED}2", "owner": {"name": f"{PASTED}2"}}
    link = stack.api.patch(f"/v1/share-links/{link['id']}", changes, status=200).json()
    assert [link["title"], link["owner"]["name"]] == [f"{ONE_LINE} 2"] * 2
    template = stack.api.post("/v1/email-templates", {"name": PASTED, "subject": PASTED, "body": PASTED}, status=201).json()
    assert [template["name"], template["subject"], template["body"]] == [ONE_LINE, ONE_LINE, LINES]
    account = Api(stack.links.url(), stack.other_key).patch("/v1/account", {"name": PASTED, "defaults": {"sender_name": PASTED}}, status=200).json()
    assert [account["name"], account["defaults"]["sender_name"]] == [ONE_LINE] * 2
    endpoint = Api(stack.notifications.url(), stack.key).post(
        "/v1/webhook-endpoints", {"url": "https://hooks.example/", "description": PASTED}, status=201).json()
    assert endpoint["description"] == ONE_LINE


def test_review_is_kept_with_its_stars(stack):
    link = stack.make_share_link()
    review = {"rating": 5, "comment": PASTED, "question_ratings": [{"question_id": "q1", "rating": 4, "note": PASTED}]}
    told = inside(stack, link).put(f"/s/{link['reviewers'][0]['url'].split('/s/')[1].split('#')[0]}/interviews/{link['interview_ids'][0]}/review",
                                   review, status=201).json()
    assert told["rating"] == 5 and told["comment"] == LINES
    assert told["question_ratings"] == [{"question_id": "q1", "rating": 4, "note": LINES}]
