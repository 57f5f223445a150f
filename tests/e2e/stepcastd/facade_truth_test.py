"""What OctoPrint's interface says of files, prints and people is so; and what a request leaves out
costs nothing that was there."""

import json
import re
import unittest
import urllib.parse

from server_support import BOUNDARY, EXAMPLES, FORM, PASSWORD, TestCase, form_of

SQUARE = (EXAMPLES / "square.gcode").read_bytes()
NUT = (EXAMPLES / "nut.gcode").read_bytes()
TOO_WIDE = b"G28\nG1 X500 Y10 F3000\nG1 X10 E5\n"
TWO = '[[printer]]\nid = "second"\nprofile = "taz6"\n'


class Forms(TestCase):

    def content(self, server, path):
        return server.get("/downloads/files/local/" + path).body

    def test_a_folder_that_is_named_after_the_file_costs_no_other_file(self):
        server = self.serve_ready()
        self.assertEqual(server.upload([("file", "a.gcode", SQUARE)]).status, 201)
        for text in (b";first\n" + SQUARE, b";second\n" + SQUARE):
            reply = server.upload([("file", "a.gcode", text), ("path", "parts")])
            self.assertEqual(reply.status, 201, reply.body)
            self.assertTrue(reply.headers["Location"].endswith("/api/files/local/parts/a.gcode"))
            self.assertEqual(self.content(server, "parts/a.gcode"), text)
        self.assertEqual(self.content(server, "a.gcode"), SQUARE)
        self.assertEqual(server.get("/api/v1/file-versions/a.gcode").json()["items"], [])
        self.assertEqual(len(server.get("/api/v1/file-versions/parts/a.gcode").json()["items"]), 1)

    def test_a_form_that_breaks_off_behind_its_file_leaves_nothing(self):
        server = self.serve_ready()
        for path in ("/api/files/local", "/api/v1/files"):
            whole = form_of([("file", "a.gcode", SQUARE)])
            torn = whole[:-len(f"--{BOUNDARY}--\r\n")] + f"--{BOUNDARY}\r\nContent-".encode()
            reply = server.request("POST", path, torn, {"Content-Type": FORM})
            self.assertEqual(reply.status, 400, reply.body)
            self.assertEqual(server.get("/api/v1/files").json()["items"], [])
        self.assertEqual(list((self.folder / "files/.incoming").iterdir()), [])

    def test_data_of_a_user_that_is_no_json_is_refused_with_its_file(self):
        server = self.serve_ready()
        for data, status in (('{"a": 1}', 201), ("{bad", 400)):
            self.assertEqual(server.upload([("file", f"{status}.gcode", SQUARE),
                                            ("userdata", data)]).status, status)
        self.assertEqual([entry["path"] for entry in server.get("/api/v1/files").json()["items"]],
                         ["201.gcode"])

    def test_a_key_that_may_not_select_uploads_and_selects_nothing(self):
        server = self.serve_ready()
        key = server.post("/api/v1/keys", {"app": "drop", "permissions": ["FILES_UPLOAD"]}).json()
        reply = server.upload([("select", "true"), ("print", "true"), ("file", "a.gcode", SQUARE)],
                              key=key["key"])
        self.assertEqual(reply.status, 201, reply.body)
        self.assertEqual((reply.json()["effectiveSelect"], reply.json()["effectivePrint"]),
                         (False, False))
        self.assertIsNone(server.get("/api/job").json()["job"]["file"]["path"])


class Bodies(TestCase):

    def test_that_are_wrong_are_told_so_in_words(self):
        server = self.serve_ready()
        for path in ("/api/settings", "/plugin/appkeys/request", "/api/users", "/api/login"):
            for body in (b"{bad", b"[]", b"5", b"[" * 100_000, b'{"name": {}, "app": 5, "user": []}'):
                reply = server.request("POST", path, body, {"Content-Type": "application/json"})
                self.assertEqual(reply.status, 400, (path, body[:20], reply.body))
                self.assertNotIn("exception", reply.json()["error"])


class Heaters(TestCase):

    def test_that_are_not_there_are_refused_before_any_is_set(self):
        server = self.serve_ready()
        def post(path, **command):
            return server.post(path, {"command": "target", **command})
        for tools in ({"tool0": 200, "tool1": 200}, {"tool7": 0}):
            self.assertEqual(post("/api/printer/tool", targets=tools).status, 400, tools)
        self.assertEqual(server.get("/api/printer/tool").json()["tool0"]["target"], 0)
        reply = post("/api/printer/chamber", target=50)
        self.assertEqual(reply.status, 409)
        self.assertIn("bed, tool0", reply.json()["error"])
        self.assertEqual(post("/api/printer/bed", target=50).status, 204)
        self.assertEqual(post("/api/printer/tool", targets={"tool0": 180}).status, 204)


class Prints(TestCase):

    def test_a_file_tells_what_became_of_its_prints(self):
        server = self.serve_ready()
        server.upload([("file", "never.gcode", SQUARE)])
        server.upload([("print", "true"), ("path", "parts"), ("file", "a.gcode", SQUARE)])
        done = server.wait_for_state("Operational")
        server.upload([("print", "true"), ("path", "parts"), ("file", "a.gcode", NUT)])
        server.wait_for_state("Printing")
        self.assertEqual(server.post("/api/job", {"command": "cancel"}).status, 204)
        server.wait_for_state("Operational")
        entry = server.get("/api/files/local/parts/a.gcode").json()
        self.assertEqual((entry["prints"]["success"], entry["prints"]["failure"]), (1, 1))
        self.assertFalse(entry["prints"]["last"]["success"])
        self.assertGreater(entry["prints"]["last"]["date"], entry["date"] - 1)
        took = done["job"]["lastPrintTime"]
        self.assertEqual(entry["statistics"], {"averagePrintTime": {"taz6": took},
                                               "lastPrintTime": {"taz6": took}})
        self.assertEqual(server.get("/api/job").json()["job"]["lastPrintTime"], took,
                         "of the last that was done")
        never, parts = (next(item for item in server.get("/api/files?recursive=true").json()["files"]
                             if item["path"] == path) for path in ("never.gcode", "parts"))
        self.assertNotIn("prints", never)
        self.assertEqual(parts["children"][0]["prints"], entry["prints"])
        found = server.get("/api/files?q=parts/a").json()["files"]
        self.assertEqual(found[0]["statistics"], entry["statistics"])

    def test_no_file_is_shown_with_the_progress_of_another(self):
        server = self.serve_ready()
        server.upload([("print", "true"), ("file", "a.gcode", SQUARE)])
        self.assertEqual(server.wait_for_state("Operational")["progress"]["completion"], 100)
        server.upload([("file", "b.gcode", SQUARE)])
        nothing = {"completion": None, "filepos": None, "printTime": None, "printTimeLeft": None,
                   "printTimeLeftOrigin": None}
        server.post("/api/files/local/b.gcode", {"command": "select"})
        self.assertEqual(server.get("/api/job").json()["progress"], nothing)
        server.post("/api/files/local/b.gcode", {"command": "unselect"})
        job = server.get("/api/job").json()
        self.assertEqual((job["progress"], job["job"]["user"], job["job"]["lastPrintTime"]),
                         (nothing, None, None))
        server.upload([("print", "true"), ("file", "wide.gcode", TOO_WIDE)])
        job = server.wait_for_state("Operational")
        self.assertEqual(job["job"]["file"]["path"], "wide.gcode")
        self.assertEqual(job["progress"], nothing, "it was refused, not printed")
        self.assertIsNone(job["job"]["estimatedPrintTime"])


class Grants(TestCase):

    def ask(self, server, printer="", **more):
        reply = server.post(f"{printer}/plugin/appkeys/request", {"app": "Phone", **more}, key=None)
        self.assertEqual(reply.status, 201, reply.body)
        return urllib.parse.urlsplit(reply.headers["Location"]).path, reply.json()["auth_dialog"]

    def pending(self, server, **more):
        return server.get("/api/plugin/appkeys", **more).json()["pending"]

    def test_an_app_gets_a_key_for_the_printer_that_it_asked(self):
        server = self.serve_ready(more=TWO)
        poll, dialog = self.ask(server, "/p/second")
        page = server.request("GET", urllib.parse.urlsplit(dialog).path, key=None)
        self.assertEqual(page.status, 200)
        self.assertIn("text/html", page.headers["Content-Type"])
        self.assertIn(b"plugin/appkeys/decision/", page.body, "there one decides")
        [request] = self.pending(server)
        self.assertEqual((request["app_id"], request["printer"]), ("Phone", "second"))
        decision = f"/plugin/appkeys/decision/{request['user_token']}"
        self.assertEqual(server.post(decision, {}).status, 400, "no decision is none")
        self.assertEqual(server.get(poll, key=None).status, 202)
        self.assertEqual(server.post(decision, {"decision": True}).status, 204)
        key = server.get(poll, key=None).json()["api_key"]
        self.assertEqual(server.get("/api/v1/me", key=key).json()["printer"], "second")

    def test_only_who_is_named_is_asked(self):
        server = self.serve_ready()
        server.post("/api/v1/users", {"name": "bob", "password": PASSWORD, "role": "operator"})
        key = server.post("/api/users/bob/apikey", {}).json()["apikey"]
        poll, _ = self.ask(server, user="bob")
        self.assertEqual(self.pending(server), [])
        [request] = self.pending(server, key=key)
        decision = f"/plugin/appkeys/decision/{request['user_token']}"
        self.assertEqual(server.post(decision, {"decision": True}).status, 404)
        self.assertEqual(server.post(decision, {"decision": True}, key=key).status, 204)
        granted = server.get(poll, key=None).json()["api_key"]
        self.assertEqual(server.get("/api/v1/me", key=granted).json()["user"], "bob")

    def test_keys_are_revoked_by_what_clients_know_of_them(self):
        server = self.serve_ready()
        def generate(app):
            return server.post("/api/plugin/appkeys",
                               {"command": "generate", "app": app}).json()["api_key"]
        def revoke(**what):
            return server.post("/api/plugin/appkeys", {"command": "revoke", **what}).status
        keys = [generate("one"), generate("two"), generate("three")]
        self.assertEqual(revoke(), 400)
        self.assertEqual(revoke(app="nobody"), 404)
        self.assertEqual(revoke(key="x" * len(keys[0])), 404)
        self.assertEqual(revoke(key=keys[0]), 204)
        self.assertEqual(revoke(app="two"), 204)
        [shown] = [key["api_key"] for key in server.get("/api/plugin/appkeys").json()["keys"]
                   if key["app_id"] == "three"]
        self.assertEqual(revoke(key=shown), 204)
        self.assertEqual([server.get("/api/version", key=key).status for key in keys], [403] * 3)
        self.assertEqual(server.get("/api/version").status, 200)


class Groups(TestCase):

    def test_nobody_gets_more_than_the_groups_that_were_asked_for(self):
        server = self.serve_ready()
        def add(name, **more):
            return server.post("/api/access/users", {"name": name, "password": PASSWORD,
                                                     "active": True, **more}).status
        def role(name):
            return server.get(f"/api/v1/users/{name}").json()["role"]
        def put(who, **what):
            return server.request("PUT", f"/api/access/users/{who}", json.dumps(what).encode(),
                                  {"Content-Type": "application/json"}).status
        for name, more, expected in (
                ("plain", {}, "operator"), ("chief", {"admin": True}, "admin"),
                ("looks", {"groups": ["readonly"]}, "viewer"),
                ("works", {"groups": ["users", "readonly"]}, "operator"),
                ("rules", {"groups": ["admins", "users"]}, "admin"),
                ("no", {"groups": ["admins", "users"], "admin": False}, "operator")):
            self.assertEqual(add(name, **more), 200, name)
            self.assertEqual(role(name), expected, name)
        for wrong in ({"groups": ["unheard"]}, {"groups": ["guests"]}, {"groups": 5},
                      {"permissions": ["STATUS"]}):
            self.assertEqual(add("new", **wrong), 400, wrong)
        self.assertEqual(server.get("/api/access/users/new").status, 404)
        self.assertEqual(put("nobody", groups=["users"]), 404)
        self.assertEqual(put("looks", active=True, admin=False), 200)
        self.assertEqual(role("looks"), "viewer", "not an administrator before, either")
        self.assertEqual(put("works", groups=["readonly"]), 200)
        self.assertEqual(role("works"), "viewer")
        self.assertEqual(put("rules", **server.get("/api/access/users/rules").json()), 200)
        self.assertEqual(role("rules"), "admin", "as it was listed")


class Remembering(TestCase):

    def test_a_login_outlives_the_browser_if_that_was_asked_for(self):
        server = self.serve_ready()
        for more, lasts in (({}, False), ({"remember": False}, False), ({"remember": True}, True)):
            reply = server.post("/api/login", {"user": "ada", "pass": PASSWORD, **more}, key=None)
            self.assertEqual(reply.status, 200, reply.body)
            ages = [re.search(r"Max-Age=(\d+)", cookie)
                    for cookie in reply.headers.get_all("Set-Cookie")]
            self.assertEqual([age is not None for age in ages], [lasts, lasts])
            if lasts:
                days = int(ages[0][1]) / 86400
                self.assertTrue(13.9 < days <= 14, days)


class Page(TestCase):

    def test_it_may_show_the_pictures_that_it_names(self):
        server = self.serve_ready()
        page = server.get("/", key=None)
        self.assertIn(b"api/v1/thumbnails/", page.body)
        self.assertIn("img-src 'self'", page.headers["Content-Security-Policy"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
