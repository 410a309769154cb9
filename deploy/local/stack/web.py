"""HTTP for the stack itself, with the standard library: asks servers whether they answer, calls their JSON APIs."""

import http.client
import http.cookiejar
import json
import urllib.error
import urllib.request

from .waiting import Failure

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def status_of(url):
    """The status of a GET, None when nobody answers."""
    try:
        with _opener().open(url, timeout=1) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except (OSError, http.client.HTTPException):
        return None


class Client:
    """A caller that keeps cookies, as a browser does, and speaks JSON."""

    def __init__(self, base, headers=None):
        self.base = base
        self.headers = headers or {}
        self.opener = _opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def get(self, path):
        return self._call("GET", path)

    def put(self, path, body):
        return self._call("PUT", path, body)

    def post(self, path, body):
        return self._call("POST", path, body)

    def patch(self, path, body):
        return self._call("PATCH", path, body)

    def _call(self, method, path, body=None):
        """The answer's JSON (its text when it is none); Failure with the server's own words when it is not a 2xx."""
        headers = dict(self.headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self.base + path, method=method, headers=headers,
                                         data=None if body is None else json.dumps(body).encode())
        try:
            with self.opener.open(request, timeout=20) as answer:
                text = answer.read().decode()
                return json.loads(text) if "json" in answer.headers.get("Content-Type", "") else text
        except urllib.error.HTTPError as error:
            with error:
                said = error.read().decode(errors="replace").strip()
            raise Failure(f"{method} {path} was answered with {error.code}: {said[:600]}") from None
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Failure(f"{method} {path} at {self.base} got no proper answer: {error}") from None


def _opener(*handlers):
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), *handlers)
