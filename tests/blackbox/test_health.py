"""Health on a listener of its own: served where it should be, whatever the clients do; readiness that tells of a database that
takes no writes, and of a process that is ending."""
import os
import signal

import pytest
from stack import ports
from stack.daemon import NAMES
from stack.waiting import wait_until
from stack.web import status_of
from support.api import Api
from support.programs import daemon, run
from support.raw_http import Connection, request

STEP = ports.HEALTH_STEP
EX_OK, UNHEALTHY, EX_OSERR = 0, 1, 71


def beside(server):
    return f"http://127.0.0.1:{server.port + STEP}"


def settings_of(stack, name, **more):
    return {**getattr(stack, name).settings, "SHARELINK_LISTEN": f"127.0.0.1:{ports.free_port()}", **more}


@pytest.mark.parametrize("name", NAMES)
def test_health_is_served_beside_the_clients_and_nothing_else_is(stack, name):
    api = Api(beside(getattr(stack, name)), stack.key)
    assert api.get("/healthz", status=200).json() == {"status": "alive"}
    assert api.get("/readyz", status=200).json() == {"status": "ready"}
    assert "sharelink_build_info" in api.get("/metrics", status=200).text
    assert api.call("HEAD", "/healthz", status=200).content == b""
    for path in ("/v1/share-links", "/openapi.json", "/", "/s/x", "/healthz/"):
        assert api.get(path, status=404).json()["code"] == "not_found"
    assert api.call("POST", "/readyz", status=405).headers["Allow"] == "GET, HEAD"


def test_health_answers_when_clients_have_all_connections(stack, tmp_path):
    with daemon("links", settings_of(stack, "links", SHARELINK_CONNECTIONS_MAX="4"), tmp_path / "few.log") as few:
        held = [Connection(few) for _ in range(4)]
        for connection in held:
            connection.send(request("GET", "/healthz"))
            assert connection.answer().status == 200
        for path in ("/healthz", "/readyz", "/metrics"):
            Api(beside(few)).get(path, status=200)
        assert run("sharelink", "healthcheck", settings={"SHARELINK_LISTEN": few.address()}).returncode == EX_OK
        assert "\nsharelink_http_connections 4\n" in Api(beside(few)).get("/metrics").text  # those of clients alone
        for connection in held:
            connection.__exit__()


def test_health_listens_where_it_is_told(stack, tmp_path):
    place = f"127.0.0.1:{ports.free_port()}"
    with daemon("links", settings_of(stack, "links", SHARELINK_HEALTH_LISTEN=place), tmp_path / "log") as started:
        wait_until(lambda: status_of(f"http://{place}/readyz") == 200, 20, "it is ready")
        assert not ports.is_open(started.port + STEP)
        assert run("sharelink", "healthcheck", settings={"SHARELINK_HEALTH_LISTEN": place}).returncode == EX_OK
        refused = run("sharelink-links", settings=settings_of(stack, "links", SHARELINK_HEALTH_LISTEN=place))
        assert refused.returncode == EX_OSERR and "daemon.cannot_listen" in refused.stderr
    wrong = run("sharelink-links", settings=settings_of(stack, "links", SHARELINK_HEALTH_LISTEN="8081"))
    assert wrong.returncode == 78 and "SHARELINK_HEALTH_LISTEN: " in wrong.stderr


def test_daemon_whose_place_for_health_is_taken_goes_on_and_says_so(stack, tmp_path):
    settings = settings_of(stack, "links")
    port = int(settings["SHARELINK_LISTEN"].rpartition(":")[2]) + STEP
    with daemon("views", settings_of(stack, "views", SHARELINK_LISTEN=f"127.0.0.1:{port}"), tmp_path / "other.log"), \
            daemon("links", settings, tmp_path / "log") as started:
        Api(started.url()).get("/healthz", status=200)
        assert "daemon.no_health_listener" in (tmp_path / "log").read_text()


def test_healthcheck_asks_the_daemon_itself_when_nobody_listens_beside(stack, tmp_path):
    place = f"127.0.0.1:{ports.free_port()}"
    with daemon("links", settings_of(stack, "links", SHARELINK_HEALTH_LISTEN=place), tmp_path / "log") as started:
        wait_until(lambda: status_of(f"http://{place}/readyz") == 200, 20, "it is ready")
        assert run("sharelink", "healthcheck", settings={"SHARELINK_LISTEN": started.address()}).returncode == EX_OK
    assert run("sharelink", "healthcheck", settings={"SHARELINK_LISTEN": started.address()}).returncode == UNHEALTHY


def test_database_that_is_read_only_is_not_ready_and_says_so(make_stack):
    stack = make_stack()
    name = stack.database
    for each in NAMES:
        stack.db.rows(f'alter role sharelink_{each} in database "{name}" set default_transaction_read_only = on')
    stack.db.rows("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and usename like 'sharelink_%%'", name)
    for each in NAMES:
        for url in (getattr(stack, each).url(), beside(getattr(stack, each))):
            answer = wait_until(lambda: (said := Api(url).get("/readyz")).status_code == 503
                                and said.json()["missing"] == ["writable_postgresql"] and said.json(), 20, "it is not ready")
            assert "read only" in answer["detail"]
            Api(url).get("/healthz", status=200)
    for each in NAMES:
        stack.db.rows(f'alter role sharelink_{each} in database "{name}" reset default_transaction_read_only')
    stack.db.rows("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and usename like 'sharelink_%%'", name)
    stack.wait_until_whole()


def test_process_that_is_ending_is_alive_and_not_ready(stack, tmp_path):
    listen = settings_of(stack, "links")
    with daemon("links", listen, tmp_path / "log") as started, Connection(started) as half:
        half.send(b"POST /v1/share-links HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")  # the drain waits for the rest
        monitor = Api(beside(started))
        monitor.get("/readyz", status=200)
        os.kill(started.process.pid, signal.SIGTERM)
        answer = wait_until(lambda: (said := monitor.get("/readyz")).status_code == 503 and said.json(), 20, "it is not ready")
        assert answer["missing"] == ["accepting"]
        monitor.get("/healthz", status=200)
        half.send(b"{}" * 5)
        wait_until(lambda: not started.is_running(), 20, "it has ended")
