"""opens/s through HTTP (wrk, real passcodes) beside pgbench, which runs the very statement of the views daemon, one open per
transaction, with as many clients."""

import http.client
import json

from rig import CLIENTS, FRESH, ROUNDS, SECONDS, alternate, fresh, report

LINKS, REVIEWERS = 50, 100


def bench_opens(rig):
    doors = make_doors(rig)
    script = pgbench_script(rig, doors)
    through_http, plain = alternate(lambda: run_http(rig, doors), lambda: rig.pgbench(script, "sharelink_views"))
    report("opens", through_http, "/s through HTTP", plain, "/s by pgbench", f"{CLIENTS} clients, median of {ROUNDS} rounds of {SECONDS} s",
           ">= 1.0")


def make_doors(rig):
    """(token, passcode, reviewer's name) of each."""
    doors = []
    interviews = rig.make_interviews("opens", 1)
    for number in range(LINKS):
        for reviewer in rig.make_link(f"Reviewer {number}", interviews, REVIEWERS)["reviewers"]:
            token, passcode = reviewer["url"].rsplit("/s/", 1)[1].split("#")
            doors.append((token, passcode, reviewer["name"]))
    rig.sql("""
        drop schema if exists bench cascade;
        create schema bench;
        create table bench.doors as
            select row_number() over () as n, token_hash::text as token_hash, passcode_hash::text as passcode_hash from links.reviewers;
        create unique index on bench.doors (n)""")
    rig.sql("vacuum analyze")
    return doors


def run_http(rig, doors):
    entries = ",\n".join(f'{{"/s/{token}/open", \'{{"passcode":"{passcode}"}}\'}}' for token, passcode, _ in doors)
    before = count_visits(rig)
    rate = rig.wrk(f"""local doors = {{\n{entries}\n}}
local headers = {{ ["Content-Type"] = "application/json" }}
function init() math.randomseed(os.time()) end
function request()
  local door = doors[math.random(#doors)]
  return wrk.format("POST", door[1], headers, door[2])
end""", rig.stack.views.url())
    made = count_visits(rig) - before
    assert made >= rate.count, (made, rate.count)  # an answered open is a stored open
    return rate


def pgbench_script(rig, doors):
    """The key of a random reviewer comes from a small table in memory."""
    token_hash, passcode_hash = rig.sql("select token_hash, passcode_hash from bench.doors where n = 1")[0]
    door = find_door(rig, doors, token_hash)

    def change(literal):
        for value, column in ((token_hash, "token_hash"), (passcode_hash, "passcode_hash")):
            if value.removeprefix("\\x") in literal:
                return f"array[(select {column} from bench.doors where n = :n)]"
        return fresh(literal)

    statement = rig.catch_statement("open_link", lambda: open_door(rig, door), change)
    return f"\\set n random(1, {len(doors)})\n{FRESH}{statement};\n"


def find_door(rig, doors, token_hash):
    """The door that this hash is of: that of the reviewer's name."""
    name = rig.sql(f"select name from links.reviewers where token_hash = '{token_hash}'")[0][0]
    return next(door for door in doors if door[2] == name)


def open_door(rig, door):
    connection = http.client.HTTPConnection("127.0.0.1", rig.stack.views.port)
    connection.request("POST", f"/s/{door[0]}/open", json.dumps({"passcode": door[1]}), {"Content-Type": "application/json"})
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200, answer.status
    return answer.headers["Set-Cookie"].split(";")[0]


def count_visits(rig):
    return rig.sql("select count(*) from views.visits")[0][0]
