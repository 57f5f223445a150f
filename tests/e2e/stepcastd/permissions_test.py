"""Every route of the running daemon x every role x what its permission says, over real HTTP.

With `--write` it writes docs/permissions.md from the same table (scripts/permissions.sh).
"""

import http.client
import os
import pathlib
import re
import sys
import unittest
import urllib.parse

from server_support import PASSWORD, TestCase

PAGE = pathlib.Path(os.environ["STEPCAST_SOURCE_DIR"]) / "docs/permissions.md"
ROLES = ("admin", "operator", "viewer", "device", "edge")

# Open to all, each with the reason that somebody has reviewed.
OPEN = {
    "GET /": "leads to the first-run page",
    "POST /predict": "judges pictures for this machine; from others the key of a device is asked for",
    "GET /setup": "nobody can log in before there is an administrator",
    "POST /setup": "the token that the daemon prints is asked for",
    "POST /api/v1/sessions": "name and password are asked for",
    "POST /api/login": "name and password are asked for",
    "GET /api/login": "name and password are asked for, but for who asks whether somebody is in",
    "POST /api/logout": "ends what the cookie holds, nothing else",
    "GET /api/currentuser": "says who asks, to clients that may be nobody",
    "GET /plugin/appkeys/probe": "says that keys can be asked for",
    "GET /plugin/appkeys/auth/{token}": "leads to the page, where a person logs in and decides",
    "POST /plugin/appkeys/request": "asks for a key that a person has to grant",
    "GET /plugin/appkeys/request/{token}": "whoever asked holds the token",
    "GET /sockjs": "greets, as SockJS servers do",
    "GET /sockjs/info": "says that there is a socket; it is silent until it is told who asks",
    "GET /sockjs/websocket": "silent until it is told who asks",
    "GET /sockjs/{server}/{session}/websocket": "silent until it is told who asks",
    "POST /sockjs/{server}/{session}/xhr": "silent until it is told who asks",
    "POST /sockjs/{server}/{session}/xhr_send": "silent until it is told who asks",
    "POST /sockjs/{server}/{session}/xhr_streaming": "silent until it is told who asks",
}
# Open, and refuses by itself who has not the secret that it wants.
ASKS_FOR_A_SECRET = {"POST /setup", "GET /api/login"}


def name_of(route):
    return f"{route['method']} {route['pattern']}"


def at_top(name):
    return name.replace("/p/{printer}", "", 1)


def table_of(server):
    routes = server.get("/api/v1/routes").json()["items"]
    roles = {role["name"]: set(role["permissions"])
             for role in server.get("/api/v1/roles").json()["items"]}
    return routes, roles


def page_of(routes, roles):
    permissions = sorted(set().union(*roles.values()))

    def marks(allowed):
        return " | ".join("x" if one else "" for one in allowed)

    lines = ["# Who may do what", "",
             "Made by `scripts/permissions.sh` from the routes of a running server; a test tells when "
             "it is stale. [accounts.md](accounts.md) explains roles and keys.", "",
             "## Roles", "",
             "| Permission | " + " | ".join(ROLES) + " |", "|---|" + "---|" * len(ROLES)]
    lines += [f"| {name} | " + marks(name in roles[role] for role in ROLES) + " |"
              for name in permissions]
    lines += ["", "## Routes", "",
              "Those of one printer are there once more under `/p/{printer}`, for the same callers. "
              "*Anyone* is somebody who has not logged in.", "",
              "| Route | Permission | " + " | ".join(ROLES) + " | anyone |",
              "|---|---|" + "---|" * (len(ROLES) + 1)]
    for route in routes:
        if route["pattern"].startswith("/p/{printer}"):
            continue
        needed = route["permission"]
        allowed = [needed is None or needed in roles[role] for role in ROLES] + [needed is None]
        lines.append(f"| `{name_of(route)}` | {needed or 'none: ' + OPEN[name_of(route)]} | "
                     + marks(allowed) + " |")
    return "\n".join(lines) + "\n"


class Caller:
    """One role, logged in, from an address of its own, so that no allowance runs out."""

    def __init__(self, server, number, role):
        self.host = urllib.parse.urlsplit(server.url).netloc
        self.source = (f"127.0.1.{number}", 0)
        self.headers = {}
        if role is not None:
            user = f"the-{role}"
            assert server.post("/api/v1/users", {"name": user, "password": PASSWORD,
                                                 "role": role}).status == 201
            reply = server.post("/api/v1/sessions", {"user": user, "password": PASSWORD}, key=None)
            cookies = [line.partition(";")[0] for line in reply.headers.get_all("Set-Cookie")]
            self.headers = {"Cookie": "; ".join(cookies),
                            "X-CSRF-Token": reply.json()["csrf_token"]}

    def status(self, method, path, more=None):
        """Of the head of the answer: some answers never end."""
        connection = http.client.HTTPConnection(self.host, timeout=20, source_address=self.source)
        try:
            headers = {**self.headers, **(more or {})}
            body = None
            if method != "GET" and method != "DELETE":
                # What no handler takes: those who may come in are told so (400), and nothing happens.
                body, headers["Content-Type"] = b"[]", "application/json"
            connection.request(method, path, body, headers)
            status = connection.getresponse().status
        finally:
            connection.close()
        if status == 426 and more is None:
            return self.status(method, path, {
                "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="})
        return status


def path_of(pattern):
    return re.sub(r"\{[^}]*\}", "x", pattern.replace("{printer}", "taz6"))


class Permissions(TestCase):

    def test_hold_for_every_route_and_role(self):
        server = self.serve_ready()
        routes, roles = table_of(server)
        self.assertEqual(set(roles), set(ROLES))
        callers = {role: Caller(server, number, role)
                   for number, role in enumerate((None, *ROLES), start=1)}
        wrong = []
        checked = 0
        # Logging out ends the caller's session, so it comes last.
        for route in sorted(routes, key=lambda one: one["pattern"].endswith("/logout")):
            for role, caller in callers.items():
                needed = route["permission"]
                may = needed is None or (role is not None and needed in roles[role])
                status = caller.status(route["method"], path_of(route["pattern"]))
                checked += 1
                refused = status in (401, 403)
                if needed is None and at_top(name_of(route)) in ASKS_FOR_A_SECRET:
                    continue
                if refused == may or status >= 500 and status != 501:
                    wrong.append(f"{name_of(route)} ({needed}) as {role}: {status}")
        self.assertEqual(wrong, [])
        self.assertEqual(checked, len(routes) * (len(ROLES) + 1))
        print(f"{len(routes)} routes x {len(callers)} callers: {checked} requests")

    def test_are_needed_everywhere_but_where_somebody_has_reviewed_it(self):
        routes, _ = table_of(self.serve_ready())
        below = {at_top(name_of(route)): route["permission"]
                 for route in routes if route["pattern"].startswith("/p/{printer}")}
        top = {name_of(route): route["permission"]
               for route in routes if not route["pattern"].startswith("/p/{printer}")}
        self.assertEqual({name for name, needed in top.items() if needed is None}, set(OPEN))
        self.assertEqual({name: top.get(name) for name in below}, below)

    def test_are_documented_as_they_are(self):
        page = page_of(*table_of(self.serve_ready()))
        self.assertEqual(PAGE.read_text(encoding="utf-8"), page,
                         "docs/permissions.md is stale: run scripts/permissions.sh")


class Writing(TestCase):  # no tests
    """Not a test: what `--write` runs."""

    def runTest(self):
        PAGE.write_text(page_of(*table_of(self.serve_ready())), encoding="utf-8")


if __name__ == "__main__":
    if "--write" in sys.argv:
        result = unittest.TextTestRunner().run(Writing())
        sys.exit(not result.wasSuccessful())
    unittest.main(verbosity=2)
