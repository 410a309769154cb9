"""The gateway as the container starts it (deploy/nginx/start): TLS, and what is left for plain HTTP beside it."""

import contextlib
import json
import os
import shutil
import socket
import ssl
import subprocess

import pytest
from stack import ports
from stack.server import Server
from stack.waiting import wait_until
from support import ROOT
from support.authority import Authority
from support.raw_http import ask, request

HSTS = "max-age=63072000"
SETTINGS = {"GATEWAY_REVIEWER_RATE": "1000r/s", "GATEWAY_REVIEWER_BURST": "1000", "GATEWAY_API_RATE": "1000r/s", "GATEWAY_API_BURST": "1000",
            "GATEWAY_CONNECTIONS_PER_ADDRESS": "100"}


class Gateway(Server):
    stop_signal = 3  # SIGQUIT
    signal_when_orphaned = "TERM"

    def __init__(self, place, public_url, tls=None):
        super().__init__("gateway", ports.free_port(), place / "gateway.log")
        self.tls_port = ports.free_port()
        self.place, self.public_url = place, public_url
        self.tls = place / "tls"
        self.tls.mkdir()
        if tls:
            for source, name in zip(tls, ("fullchain.pem", "privkey.pem")):
                shutil.copy(source, self.tls / name)

    def command(self):
        return ["sh", str(ROOT / "deploy/nginx/start")]

    def environment(self):
        return {**os.environ, **SETTINGS, "PATH": os.environ["PATH"] + ":/usr/sbin", "PUBLIC_URL": self.public_url, "HTTPS_PORT": str(self.tls_port),
                "GATEWAY_TEMPLATES": str(ROOT / "deploy/nginx"), "GATEWAY_TLS": str(self.tls), "GATEWAY_MEDIA": str(self.place), "GATEWAY_PLACE": str(self.place),
                "GATEWAY_HTTP_LISTEN": f"127.0.0.1:{self.port}", "GATEWAY_HTTPS_LISTEN": f"127.0.0.1:{self.tls_port}"}

    def address(self):
        return f"127.0.0.1:{self.port}"

    def answers(self):
        return self.port_is_open()

    def over_tls(self, sent, context):
        with socket.create_connection(("127.0.0.1", self.tls_port), timeout=10) as plain, context.wrap_socket(plain, server_hostname="localhost") as wrapped:
            wrapped.sendall(sent)
            text = b"".join(iter(lambda: wrapped.recv(65536), b"")).decode()
        head, _, body = text.partition("\r\n\r\n")
        lines = head.split("\r\n")
        return int(lines[0].split()[1]), dict(line.split(": ", 1) for line in lines[1:]), body


@contextlib.contextmanager
def gateway(tmp_path, public_url, tls=None):
    server = Gateway(tmp_path, public_url, tls)
    server.start()
    try:
        server.wait_until_answering()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def secured(tmp_path_factory, authority):
    with gateway(tmp_path_factory.mktemp("secured"), "https://share.example.com", authority.files("DNS:localhost")) as server:
        yield server


def trusting(authority, **limits):
    context = ssl.create_default_context(cafile=authority.certificate)
    for name, value in limits.items():
        setattr(context, name, value)
    return context


@pytest.mark.parametrize("sent, status", [
    (request("GET", "/nowhere", "Host: a", "Connection: close"), 404), (request("GET", "/s/x", "Host: a", "Connection: close"), 503),
    (request("GET", "/s/x", "Host: a", "Connection: close", "Accept: text/html"), 503), (request("GET", "/v1/x", "Host: a", "Connection: close"), 503),
    (request("GET", "/s/%00", "Host: a", "Connection: close"), 400), (request("TRACE", "/", "Host: a", "Connection: close"), 405),
    (request("POST", "/v1/x", "Host: a", "Connection: close", "Content-Length: 9999999"), 413), (b"GARBAGE\r\n\r\n", 400)])
def test_every_answer_over_tls_tells_browsers_to_stay_with_it(secured, authority, sent, status):
    answered, headers, body = secured.over_tls(sent, trusting(authority))
    assert (answered, headers["Strict-Transport-Security"]) == (status, HSTS)
    assert headers["X-Request-Id"] in body


def test_ciphers_are_of_forward_secrecy_alone(secured, authority):
    offered = subprocess.run(["openssl", "ciphers", "ALL:@SECLEVEL=0"], capture_output=True, text=True, check=True).stdout.strip().split(":")
    taken = set()
    for cipher in offered:
        if not cipher.startswith("TLS_"):  # those of 1.3 are all of that kind
            context = trusting(authority, maximum_version=ssl.TLSVersion.TLSv1_2)
            with contextlib.suppress(ssl.SSLError, OSError):
                context.set_ciphers(f"{cipher}:@SECLEVEL=0")
                with socket.create_connection(("127.0.0.1", secured.tls_port), timeout=10) as plain, context.wrap_socket(plain, server_hostname="localhost"):
                    taken.add(cipher)
    assert taken and all(cipher.startswith("ECDHE-") and ("GCM" in cipher or "CHACHA20" in cipher) for cipher in taken), taken


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_versions_of_tls_are_not_spoken(secured, authority):
    old = trusting(authority, minimum_version=ssl.TLSVersion.TLSv1, maximum_version=ssl.TLSVersion.TLSv1_1)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, OSError)):
        secured.over_tls(request("GET", "/", "Host: a", "Connection: close"), old)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("host", ["share.example.com", "evil.example", "evil.example:8080", "127.0.0.1"])
def test_a_browser_is_sent_to_the_public_url_whatever_host_it_names(secured, method, host):
    answer = ask(secured, request(method, "/s/token?a=b", f"Host: {host}"), method)
    assert (answer.status, answer.getheader("Location")) == (308, "https://share.example.com/s/token?a=b")


@pytest.mark.parametrize("method, path", [("GET", "/v1/account"), ("POST", "/v1/share-links"), ("GET", "/v1"), ("GET", "/%76%31/account"), ("GET", "//v1/account"),
                                          ("POST", "/s/token/open"), ("PUT", "/s/token/interviews/x/review"), ("POST", "/u/token"), ("OPTIONS", "/")])
def test_keys_and_passcodes_are_not_helped_along_without_tls(secured, method, path):
    answer = ask(secured, request(method, path, "Host: share.example.com", "Authorization: Bearer slk_x"), method)
    problem = json.loads(answer.content)
    assert (answer.status, problem["code"], answer.getheader("Location")) == (403, "https_required", None)
    assert answer.getheader("X-Request-Id") == problem["request_id"]


def test_public_url_that_is_not_https_is_told(tmp_path, authority):
    with gateway(tmp_path, "http://localhost:8080", authority.files("DNS:localhost")) as server:
        answer = ask(server, request("GET", "/s/token", "Host: evil.example"))
        assert answer.getheader("Location") == f"https://localhost:{server.tls_port}/s/token"
        wait_until(lambda: "PUBLIC_URL is not https://" in server.last_log_lines(), 5, "it is told")


@pytest.mark.parametrize("public_url, hsts", [("https://share.example.com", HSTS), ("http://localhost:8080", None)])
def test_behind_a_load_balancer_that_speaks_tls(tmp_path, public_url, hsts):
    """Browsers take no notice of it over plain HTTP."""
    with gateway(tmp_path, public_url) as server:
        answer = ask(server, request("GET", "/nowhere"))
        assert (answer.status, answer.getheader("Strict-Transport-Security")) == (404, hsts)
