"""DELETE of an interview erases its candidate everywhere, and says what that was."""

import concurrent.futures
import json

import psycopg2
import pytest
import redis
from stack.waiting import wait_until
from support import samples
from support.held import HELD_SECONDS, hold_back
from support.scripted_smtp import LATER


@pytest.fixture(scope="module")
def stack(shared):
    made = shared.make_stack(lock_seconds=HELD_SECONDS)
    yield made
    made.close()


def erase(api, interview, **options):
    return api.delete(f"/v1/interviews/{interview}", **options)


def test_the_candidate_is_gone_from_everywhere(stack):
    gone, stays = stack.make_interview(), stack.make_interview()
    document = stack.api.get(f"/v1/interviews/{gone}", status=200).json()
    links = [stack.make_share_link(interview_ids=[gone, stays]), stack.make_share_link(interview_ids=[stays, gone])]
    basic = stack.api.post(f"/v1/interviews/{gone}/basic-link", status=201).json()
    reviewer = stack.reviewer(links[0])
    reviewer.open(status=200)
    path = f"{reviewer.page}/interviews/{gone}"
    reviewer.put(f"{path}/review", {"rating": 4, "comment": f"{document['candidate']['last_name']} is good"}, status=201)
    reviewer.put(f"{path}/review", {"rating": 3, "comment": f"{document['candidate']['last_name']} is fair"}, status=200)
    reviewer.put(f"{reviewer.page}/interviews/{stays}/review", {"rating": 2}, status=201)
    reviewer.post(f"{path}/watch", {"question_id": "q1", "seconds": 42, "position": 42}, status=200)

    stack.wait_until_told()
    receipt = erase(stack.api, gone, status=200).json()
    assert receipt["interview_id"] == gone and receipt["erased_at"].endswith("Z")
    assert receipt["erased"].pop("queued_mails") in (0, 1), "the notice of the feedback, when it was planned by then"
    assert receipt["erased"] == {"interviews": 1, "memberships": 3, "basic_links": 1, "reviews": 1, "review_revisions": 2,
                                 "watch_records": 2, "transcripts": 0, "done_notes": 0, "stream_entries": 3}

    stack.api.get(f"/v1/interviews/{gone}", status=404)
    stack.api.get(f"/v1/share-links/{basic['id']}", status=404)
    for link in links:
        now = stack.api.get(f"/v1/share-links/{link['id']}", status=200)
        assert now.json()["interview_ids"] == [stays] and now.json()["interview_count"] == 1 and now.headers["ETag"] == '"v2"'
    assert [each["id"] for each in reviewer.content(status=200).json()["interviews"]] == [stays]
    assert stack.db.value("select count(*) from views.visits where share_link_id = %s", links[0]["id"]) == 1
    erase(stack.api, gone, status=404)
    assert entries_about(stack, gone) == ["sharelink.candidate.erased.v1"] and len(entries_about(stack, stays)) == 1
    for table in ("views.reviews", "views.watch", "views.watched"):
        assert stack.db.value(f"select count(*) from {table} where interview_id = %s", gone) == 0
    assert stack.db.value("select count(*) from views.reviews where interview_id = %s", stays) == 1
    reviewer.put(f"{path}/review", {"rating": 4}, status=404)

    for table in stack.db.rows("select format('%I.%I', schemaname, tablename) as name from pg_tables"
                               " where schemaname in ('links', 'views', 'notifications', 'console', 'events')"):
        found = stack.db.value(f"select count(*) from {table['name']} t where t::text like %s or t::text like %s",
                               f"%{document['candidate']['email']}%", f"%{document['candidate']['last_name']}%")
        assert found == 0, table["name"]


def entries_about(stack, interview):
    """The types of the stream entries that name it."""
    stack.wait_until_told()
    with redis.Redis.from_url(stack.redis.url(stack.redis_database)) as connection:
        return [fields[b"type"].decode() for stream in ("sharelink:links", "sharelink:views") for _, fields in connection.xrange(stream)
                if f'"{interview}"' in fields.get(b"ce", b"").decode()]


def test_entries_about_another_account_s_interview_of_that_id_stay(stack):
    mine, theirs = stack.make_interview(), stack.other_api
    theirs.put(f"/v1/interviews/{mine}", samples.interview_document(), status=201)
    made = theirs.post("/v1/share-links", samples.share_link_body([mine]), status=201).json()
    other = samples.interview_id()
    theirs.put(f"/v1/interviews/{other}", samples.interview_document(), status=201)
    link = theirs.post("/v1/share-links", samples.share_link_body([other]), status=201).json()
    theirs.post(f"/v1/share-links/{link['id']}/interviews", {"interview_ids": [mine]}, status=200)
    before = entries_about(stack, mine)
    assert before, "their entry is there"
    receipt = erase(stack.api, mine, status=200).json()
    assert receipt["erased"]["stream_entries"] == 0
    assert len([each for each in entries_about(stack, mine) if each in before]) == len(before)
    assert made["id"]


def test_entries_that_only_look_alike_stay(stack):
    """Ids that are words of the envelope, and ids that are parts of each other."""
    for interview in ("1.0", "link.created", "int", "interview_id"):
        stack.api.put(f"/v1/interviews/{interview}", samples.interview_document(), status=201)
    link = stack.make_share_link(interview_ids=["1.0", "int"])
    stack.make_share_link(interview_ids=["link.created", "interview_id"])
    with redis.Redis.from_url(stack.redis.url(stack.redis_database)) as connection:
        stack.wait_until_told()
        before = connection.xlen("sharelink:links")
        for interview in ("1.0", "link.created", "interview_id"):
            assert erase(stack.api, interview, status=200).json()["erased"]["stream_entries"] == 0
        stack.wait_until_told()
        assert connection.xlen("sharelink:links") == before + 3
    stack.api.post(f"/v1/share-links/{link['id']}/interviews/remove", {"interview_ids": ["int"]}, status=200)
    assert erase(stack.api, "int", status=200).json()["erased"]["stream_entries"] == 1


def test_many_entries_are_looked_through(stack):
    interview = stack.make_interview()
    link = stack.make_share_link(interview_ids=[interview, stack.make_interview()])
    stack.api.post(f"/v1/share-links/{link['id']}/interviews/remove", {"interview_ids": [interview]}, status=200)
    with redis.Redis.from_url(stack.redis.url(stack.redis_database)) as connection:
        pipeline = connection.pipeline()
        for number in range(3000):
            pipeline.xadd("sharelink:views", {"type": "x", "ce": json.dumps({
                "id": f"evt_{number}", "accountid": stack.account, "data": {"interview_id": interview if number % 1000 == 0 else "x"}})})
        pipeline.xadd("sharelink:views", {"other": "form"})
        pipeline.execute()
        assert erase(stack.api, interview, status=200).json()["erased"]["stream_entries"] == 4
        assert entries_about(stack, interview) == ["sharelink.candidate.erased.v1"]
        connection.delete("sharelink:views")


def test_redis_that_is_away_keeps_nobody_from_being_erased(make_stack):
    stack = make_stack(private=True)
    interview = stack.make_interview()
    stack.redis.kill()
    assert erase(stack.api, interview, status=200).json()["erased"] == {
        "interviews": 1, "memberships": 0, "basic_links": 0, "queued_mails": 0, "reviews": 0, "review_revisions": 0, "watch_records": 0,
        "transcripts": 0, "done_notes": 0, "stream_entries": None}


def test_the_event_holds_ids_only(stack):
    interview = stack.make_interview()
    erase(stack.api, interview, status=200)
    events = stack.db.rows("select data, share_link_id from events.log where type = 'candidate.erased' and data ->> 'interview_id' = %s", interview)
    assert events == [{"data": {"interview_id": interview}, "share_link_id": None}]
    stack.wait_until_told()
    with redis.Redis.from_url(stack.redis.url(stack.redis_database)) as connection:
        entries = [json.loads(fields[b"ce"]) for _, fields in connection.xrevrange("sharelink:links", count=20)
                   if fields[b"type"] == b"sharelink.candidate.erased.v1"]
    assert interview in [entry["data"]["interview_id"] for entry in entries]


def test_mails_that_wait_are_not_sent(make_stack, smtp):
    stack = make_stack(smtp=smtp)
    gone, stays = stack.make_interview(), stack.make_interview()
    people = [samples.reviewers(1) for _ in range(2)]
    for (person,) in people:
        smtp.on(person["email"], *[LATER] * 50)
    emptied = stack.make_share_link(interview_ids=[gone], reviewers=people[0], send_email=True)
    kept = stack.make_share_link(interview_ids=[gone, stays], reviewers=people[1], send_email=True)
    for (person,) in people:
        hold_back(stack, person["email"])
    assert erase(stack.api, gone, status=200).json()["erased"]["queued_mails"] == 1
    states = {row["share_link_id"]: (row["state"], row["reason"])
              for row in stack.db.rows("select share_link_id, state, reason from notifications.deliveries")}
    assert states[emptied["id"]] == ("skipped", "candidate_erased") and states[kept["id"]][0] == "pending"


def test_an_answer_that_was_kept_is_erased_too(stack):
    """It bears the candidate's name: that is the title of a basic link."""
    interview, key = stack.make_interview(), {"Idempotency-Key": "basic-of-an-erased-one"}
    other, path = stack.make_interview(), "/v1/interviews/{}/basic-link"
    made = stack.api.post(path.format(interview), headers=key, status=201).json()
    changes = [f"/v1/share-links/{made['id']}/{verb}" for verb in ("deactivate", "reactivate")]
    for change in changes:
        assert stack.api.post(change, headers={"Idempotency-Key": change[-40:]}, status=200).json()["title"] == made["title"]
    kept = stack.api.post(path.format(other), headers=key, status=201).json()
    assert stack.api.post(path.format(interview), headers=key, status=201).json() == made
    erase(stack.api, interview, status=200)
    assert made["title"] not in stack.api.post(path.format(interview), headers=key, status=404).text
    for change in changes:
        stack.api.post(change, headers={"Idempotency-Key": change[-40:]}, status=404)
    assert stack.api.post(path.format(other), headers=key, status=201).json() == kept


# --- what reviewers write to the owner ---

def person(stack, first, last):
    return stack.make_interview(candidate={"first_name": first, "last_name": last})


def done(stack, link, note, number=0):
    """What the owner is told of reviewer `number`, who has said it."""
    reviewer = stack.reviewer(link, number)
    reviewer.open(status=200)
    reviewer.post(f"{reviewer.page}/done", {"note": note}, status=200)
    path = f"/v1/share-links/{link['id']}/reviewers/{link['reviewers'][number]['id']}"
    return lambda: stack.api.get(path, status=200).json()["done_note"]


@pytest.mark.parametrize("first, last, note", [
    ("Zoë", "van Dijk", "zoe first, please"), ("Zoë", "van Dijk", "DIJK!"), ("Amara", "Okafor", "I liked Okafors answers, Amara’s too"),
    ("Søren", "Kierkegård", "either soren or Kierkega\u030ard"), ("太郎", "田中", "田中さんが一番です"), ("Иван", "Петров", "Звоните Петрову"),
    ("Ada", None, "Ada."), ("محمد", "علي", "أفضلهم محمد")], ids=lambda value: None)
def test_a_note_that_names_the_candidate_goes_and_is_counted(stack, first, last, note):
    gone = person(stack, first, last)
    link = stack.make_share_link(interview_ids=[gone, person(stack, "Quentin", "Xylander")], reviewer_count=2)
    named, other = done(stack, link, note), done(stack, link, "Quentin first, please; the van is late.", 1)
    assert (named(), other()) == (note, "Quentin first, please; the van is late.")
    assert erase(stack.api, gone, status=200).json()["erased"]["done_notes"] == 1
    assert named() is None and other() == "Quentin first, please; the van is late."
    assert stack.api.get(f"/v1/share-links/{link['id']}", status=200).json()["reviewers"][0]["done_at"], "the word itself stays"


def test_a_note_of_a_link_without_any_other_candidate_goes(stack):
    gone = person(stack, "Ada", "Lovelace")
    link = stack.make_share_link(interview_ids=[gone])
    note = done(stack, link, "She knew everything.")
    assert erase(stack.api, gone, status=200).json()["erased"]["done_notes"] == 1 and note() is None


def test_a_note_that_names_the_candidate_goes_from_a_link_that_has_him_no_more(stack):
    gone, stays = person(stack, "Ada", "Lovelace"), person(stack, "Bea", "Able")
    link = stack.make_share_link(interview_ids=[gone, stays])
    note = done(stack, link, "Lovelace, without a doubt.")
    stack.api.post(f"/v1/share-links/{link['id']}/interviews/remove", {"interview_ids": [gone]}, status=200)
    theirs = stack.other_api
    theirs.put(f"/v1/interviews/{gone}", samples.interview_document(candidate={"first_name": "Ada", "last_name": "Lovelace"}), status=201)
    assert erase(theirs, gone, status=200).json()["erased"]["done_notes"] == 0 and note(), "another account's notes are not touched"
    assert erase(stack.api, gone, status=200).json()["erased"]["done_notes"] == 1 and note() is None


def test_answers_that_were_kept_with_a_note_are_forgotten(stack):
    gone = person(stack, "Ada", "Lovelace")
    links = [stack.make_share_link(interview_ids=[gone, person(stack, "Bea", "Able")]) for _ in range(2)]
    note = "Lovelace, without a doubt."
    done(stack, links[0], note)
    done(stack, links[1], "Both.")
    calls = [(link, verb, {"Idempotency-Key": f"{link['id']}{number}"})
             for link in links for number, verb in enumerate([f"reviewers/{link['reviewers'][0]['id']}/deactivate", "deactivate", "reactivate"])]
    for link, verb, key in calls:
        answer = stack.api.post(f"/v1/share-links/{link['id']}/{verb}", headers=key, status=200)
        assert (note in answer.text) == (link is links[0])
        assert stack.api.post(f"/v1/share-links/{link['id']}/{verb}", headers=key, status=200).content == answer.content
    erase(stack.api, gone, status=200)
    for link, verb, key in calls:
        answer = stack.api.post(f"/v1/share-links/{link['id']}/{verb}", headers=key)
        assert note not in answer.text and ("Idempotency-Replayed" in answer.headers) == (link is links[1]), verb


def test_a_note_that_is_being_written_goes_too(stack):
    gone = person(stack, "Ada", "Lovelace")
    link = stack.make_share_link(interview_ids=[gone, person(stack, "Bea", "Able")])
    note = done(stack, link, "Both.")
    with psycopg2.connect(stack.db.url) as holding, concurrent.futures.ThreadPoolExecutor(1) as pool:
        holding.cursor().execute("update views.activity set done_note = 'Ada!' where share_link_id = %s", [link["id"]])
        erasing = pool.submit(erase, stack.api.another(), gone)
        wait_until_waiting(stack, "-- erase_interview\n")
        holding.commit()
        assert erasing.result().json()["erased"]["done_notes"] == 1
    holding.close()
    assert note() is None


def test_the_mail_that_tells_of_a_note_tells_it_no_more(make_stack, smtp):
    stack = make_stack(smtp=smtp)
    gone = person(stack, "Ada", "Lovelace")
    link = stack.make_share_link(interview_ids=[gone, person(stack, "Bea", "Able")])
    smtp.on(link["owner"]["email"], *[LATER] * 50)
    done(stack, link, "Lovelace, without a doubt.")
    wait_until(lambda: stack.db.value("select count(*) from notifications.deliveries where kind = 'completed' and state = 'pending'"), 20, "it is planned")
    erase(stack.api, gone, status=200)
    assert stack.db.value("select count(*) from notifications.deliveries d where d::text like '%Lovelace%'") == 0


def test_a_stale_version_erases_nothing(stack):
    link = stack.make_share_link()
    interview = link["interview_ids"][0]
    tag = stack.api.get(f"/v1/interviews/{interview}", status=200).headers["ETag"]
    stack.api.put(f"/v1/interviews/{interview}", samples.interview_document(), status=200)
    for stale in (tag, "nonsense", '"v99"'):
        erase(stack.api, interview, headers={"If-Match": stale}, status=412)
    assert stack.api.get(f"/v1/share-links/{link['id']}", status=200).json()["interview_ids"] == [interview]
    erase(stack.api, interview, headers={"If-Match": '"v2"'}, status=200)


def test_another_account_erases_nothing(stack):
    link = stack.make_share_link()
    interview = link["interview_ids"][0]
    erase(stack.other_api, interview, status=404)
    assert erase(stack.anonymous, interview).status_code == 401
    assert erase(stack.other_api, interview).json()["detail"] == erase(stack.api, "unknown").json()["detail"]
    assert stack.api.get(f"/v1/share-links/{link['id']}", status=200).json()["interview_ids"] == [interview]


def wait_until_waiting(stack, statement):
    wait_until(lambda: stack.db.value("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and starts_with(query, %s)", statement),
               20, f"“{statement} …” waits for a lock")


def test_erasing_and_setting_the_links_of_one_interview_take_turns(stack):
    """Each wants the interview and the link; neither may have what the other waits for."""
    interview = stack.make_interview()
    link = stack.make_share_link(interview_ids=[interview, stack.make_interview()])
    with psycopg2.connect(stack.db.url) as holding, concurrent.futures.ThreadPoolExecutor(2) as pool:
        holding.cursor().execute("select from links.share_links where id = %s for update", [link["id"]])
        erasing = pool.submit(erase, stack.api.another(), interview)
        wait_until_waiting(stack, "-- erase_interview\n")
        setting = pool.submit(stack.api.another().put, f"/v1/interviews/{interview}/share-links", {"share_link_ids": []})
        wait_until_waiting(stack, "-- put_memberships\n")
        holding.rollback()
        assert (erasing.result().status_code, setting.result().status_code) == (200, 404)
    holding.close()


def test_a_basic_link_that_is_just_being_made_is_erased_too(make_stack):
    stack = make_stack(lock_seconds=HELD_SECONDS)
    interview = stack.make_interview()
    stack.db.rows("create function public.wait_here() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock(95); return new; end $$")
    stack.db.rows("create trigger wait_here before insert on links.share_links for each row execute function public.wait_here()")
    with psycopg2.connect(stack.db.url) as holding, concurrent.futures.ThreadPoolExecutor(2) as pool:
        holding.cursor().execute("select pg_advisory_xact_lock(95)")
        making = pool.submit(stack.api.another().post, f"/v1/interviews/{interview}/basic-link", headers={"Idempotency-Key": "made-and-erased"})
        wait_until(lambda: stack.db.value("select count(*) from pg_locks where locktype = 'advisory' and not granted and objid = 95"), 20, "it is being made")
        erasing = pool.submit(erase, stack.api.another(), interview)
        wait_until_waiting(stack, "-- erase_interview\n")
        holding.rollback()
        made, receipt = making.result(), erasing.result()
    holding.close()
    assert (made.status_code, receipt.status_code) == (201, 200)
    assert receipt.json()["erased"]["basic_links"] == 1
    assert stack.db.value("select count(*) from sharelink.idempotent_answers") == 0
    assert stack.db.value("select count(*) from events.log where type = 'link.deleted' and share_link_id = %s", made.json()["id"]) == 1
    stack.api.get(f"/v1/share-links/{made.json()['id']}", status=404)
