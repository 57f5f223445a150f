"""`/api/v1`: every answer has the shape that its own document gives it."""

import time
import unittest
import urllib.parse

from openapi import Checked, problems_of
from server_support import EXAMPLES, TestCase

SQUARE = (EXAMPLES / "square.gcode").read_bytes()
NUT = (EXAMPLES / "nut.gcode").read_bytes()


class ApiTestCase(TestCase):

    def checked(self, **options):
        server = self.serve_ready(**options)
        document = server.get("/api/v1/openapi.json")
        self.assertEqual(document.status, 200)
        return Checked(server, document.json())

    def wait_for(self, api, state, timeout_s=60):
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            now = api.get("/printers/taz6/state").json()
            if now["state"] == state:
                return now
            time.sleep(0.02)
        raise AssertionError(f"not {state}: {now}")

    def upload(self, api, name, content, folder=None):
        parts = ([("folder", folder)] if folder else []) + [("file", name, content)]
        return api.note("POST", "/files", api.server.upload(parts, path="/api/v1/files"))


class Document(ApiTestCase):

    def test_obeys_the_rules_of_openapi(self):
        self.assertEqual(problems_of(self.checked().document), [])


class AllRoutes(ApiTestCase):

    def test_answer_as_the_document_says(self):
        api = self.checked(speed=5)
        self.server_routes(api)
        self.file_routes(api)
        self.printing(api)
        self.moving(api)
        self.history(api)
        self.workshop(api)
        api.called.add("getDocument")
        self.assertEqual(api.operations() - api.called, self.REFUSED_BY_THE_VIRTUAL_PRINTER)

    # The virtual printer of this test cannot do these, and says so.
    REFUSED_BY_THE_VIRTUAL_PRINTER = {"setTargets", "extrude", "setFeedRate", "setFlow", "setFan",
                                      "setZOffset", "cancelObject", "sendGcode"}

    def server_routes(self, api):
        self.assertEqual(api.get("/server").json()["printers"], 1)
        me = api.get("/me").json()
        self.assertEqual((me["user"], me["role"], me["by"]), ("ada", "admin", "key"))
        self.assertGreater(api.get("/storage").json()["free_bytes"], 0)

    def file_routes(self, api):
        self.assertEqual(self.upload(api, "nut.gcode", NUT).status, 201)
        self.assertEqual(self.upload(api, "a.gcode", SQUARE, "parts").json()["path"],
                         "parts/a.gcode")
        self.assertEqual(api.post("/folders", {"path": "more"}).status, 201)
        self.assertEqual(api.post("/file-copies", {"from": "parts/a.gcode",
                                                   "to": "more/b.gcode"}).status, 201)
        self.assertEqual(api.post("/file-moves", {"from": "more/b.gcode",
                                                  "to": "more/c.gcode"}).status, 201)
        self.assertEqual(api.get("/content/more/c.gcode").body, SQUARE)
        self.assertEqual(api.ask("DELETE", "/files/more/c.gcode").status, 204)
        self.assertEqual(api.get("/files/more/c.gcode").status, 404)
        while api.get("/files/nut.gcode").json()["analysis"] is None:
            time.sleep(0.02)
        paths = [file["path"] for file in api.get("/files?folder=parts").json()["items"]]
        self.assertEqual(paths, ["parts/a.gcode"])

    def printing(self, api):
        self.assertEqual(api.post("/printers/taz6/start", {"path": "nut.gcode"}).status, 202)
        self.wait_for(api, "Printing")
        self.assertEqual(api.post("/printers/taz6/pause").status, 202)
        self.wait_for(api, "Paused")
        self.assertEqual(api.post("/printers/taz6/resume").status, 202)
        self.wait_for(api, "Printing")
        self.assertEqual(api.post("/printers/taz6/start", {"path": "nut.gcode"}).status, 409)
        self.assertEqual(api.post("/printers/taz6/cancel").status, 202)
        self.wait_for(api, "Operational")

    def moving(self, api):
        self.assertEqual(api.post("/printers/taz6/jog", {"axes_mm": {"x": 1}}).status, 202)
        self.wait_for(api, "Operational")
        end = time.monotonic() + 30
        while api.post("/printers/taz6/home", {"axes": ["x"]}).status == 409:
            self.assertLess(time.monotonic(), end)
        self.wait_for(api, "Operational")
        for path, body in (("targets", {"targets_c": {"tool0": 200}}),
                           ("extrude", {"length_mm": 5}), ("feed-rate", {"factor": 1.1}),
                           ("flow", {"factor": 1.1}), ("fan", {"share": 0.5}),
                           ("z-offset", {"offset_mm": 0.1}), ("cancel-object", {"name": "a"}),
                           ("gcode", {"lines": ["M117 hello"]})):
            self.assertIn(api.post(f"/printers/taz6/{path}", body).status, (202, 404, 409, 501),
                          path)
        end = time.monotonic() + 30
        while api.post("/printers/taz6/disconnect").status == 409:
            self.assertLess(time.monotonic(), end)
        self.wait_for(api, "Offline")
        self.assertEqual(api.post("/printers/taz6/connect").status, 202)
        self.wait_for(api, "Operational")

    def history(self, api):
        jobs = api.get("/jobs?printer=taz6").json()["items"]
        self.assertEqual([job["state"] for job in jobs], ["cancelled"])
        self.assertEqual(api.get(f"/jobs/{jobs[0]['id']}").json(), jobs[0])
        self.assertEqual(api.get("/jobs/nobody").status, 404)
        printers = api.get("/printers").json()["items"]
        self.assertEqual([printer["id"] for printer in printers], ["taz6"])
        self.assertEqual(api.get("/printers/taz6").json()["features"], printers[0]["features"])
        self.assertEqual(api.get("/printers/other").status, 404)
        types = [event["type"] for event in api.get("/events").json()["items"]]
        for type_ in ("PrintStarted", "PrintPaused", "PrintResumed", "PrintCancelled"):
            self.assertIn(type_, types)


    def workshop(self, api):
        spool = api.post("/spools", {"name": "PLA", "diameter_mm": 2.85, "density_g_cm3": 1.24,
                                     "weight_g": 750}).json()
        path = f"/spools/{spool['id']}"
        self.assertEqual(api.ask("PUT", path + "/place", {"printer": "taz6"}).status, 200)
        self.assertEqual(api.ask("PUT", path + "/left", {"left_g": 500}).json()["used_g"], 250)
        self.assertEqual(api.ask("PATCH", path, {"archived": True}).json()["printer"], None)
        self.assertEqual(api.get(path).json()["left_g"], 500)
        self.assertEqual(api.get(path + "/usage").json()["items"], [])
        self.assertEqual(api.get("/spools").json()["items"], [])
        self.assertEqual(len(api.get("/spools?archived=true").json()["items"]), 1)
        task = api.post("/maintenance", {"printer": "taz6", "title": "Oil", "every_days": 90})
        self.assertEqual(task.status, 201)
        path = f"/maintenance/{task.json()['id']}"
        self.assertEqual(api.post(path + "/done", {"note": "two drops"}).status, 200)
        self.assertFalse(api.get("/maintenance?printer=taz6").json()["items"][0]["due"])
        self.assertEqual(api.ask("DELETE", path).status, 204)
        log = api.get("/printers/taz6/maintenance-log").json()["items"]
        self.assertEqual([entry["title"] for entry in log], ["Oil"])
        statistics = api.get("/statistics?from=2020-01-01&to=2120-01-01").json()
        self.assertEqual(statistics["by_printer"][0]["cancelled"], 1)


class BadRequests(ApiTestCase):

    def test_are_refused_with_place_value_and_remedy(self):
        api = self.checked()
        for path, body, place in (
                ("feed-rate", {"factor": 3}, "factor: 3 is out of range (from 0.5 to 2.0"),
                ("feed-rate", {}, "factor: is missing"),
                ("feed-rate", {"factor": "1"}, 'factor: "1" has the wrong type'),
                ("feed-rate", {"factor": 1, "extra": 2}, "extra: unknown key"),
                ("home", {"axes": ["x", "e"]}, 'axes[1]: "e" is not possible'),
                ("jog", {"axes_mm": {}}, "axes_mm: has 0 keys"),
                ("gcode", {"lines": []}, "lines: has 0 items"),
                ("pause", {"now": True}, "now: unknown key")):
            reply = api.post(f"/printers/taz6/{path}", body, valid=False)
            self.assertEqual(reply.status, 400, path)
            self.assertIn(place, reply.json()["detail"])
        for path in ("/jobs?limit=0", "/jobs?limit=x", "/jobs?after=5", "/files?colour=red",
                     "/events?after=-1"):
            self.assertEqual(api.get(path).status, 400, path)

    def test_that_are_no_json_are_refused(self):
        api = self.checked()
        for body in (b"{", b"[]", b'{"factor":1,"factor":2}', b'{"factor":"\xff"}',
                     b"[" * 100_000, b'{"a":' * 50_000):
            reply = api.server.request("POST", "/api/v1/printers/taz6/flow", body)
            self.assertEqual(reply.status, 400, body[:20])
            self.assertEqual(reply.headers["Content-Type"], "application/problem+json")


class Pages(ApiTestCase):

    def test_show_everything_once(self):
        api = self.checked()
        names = sorted(f"part {number}&.gcode" for number in range(5))
        for name in names:
            self.assertEqual(self.upload(api, name, SQUARE).status, 201)
        seen = []
        path = "/files?limit=2&search=part"
        while path:
            reply = api.get(path)
            seen += [file["path"] for file in reply.json()["items"]]
            link = reply.headers["Link"]
            self.assertEqual(link is None, reply.json()["next"] is None)
            path = link and link.partition(">")[0].lstrip("<").removeprefix(api.base)
        self.assertEqual(seen, names)
        query = urllib.parse.urlencode({"after": names[3]})
        self.assertEqual([file["path"] for file in api.get(f"/files?{query}").json()["items"]],
                         names[4:])


class Preconditions(ApiTestCase):

    def test_a_command_for_another_state_does_nothing(self):
        api = self.checked(speed=5)
        self.assertEqual(self.upload(api, "nut.gcode", NUT).status, 201)
        seen = api.get("/printers/taz6/state").headers["ETag"]
        self.assertEqual(api.get("/printers/taz6").headers["ETag"], seen)
        unchanged = api.server.get("/api/v1/printers/taz6/state", headers={"If-None-Match": seen})
        self.assertEqual(unchanged.status, 304)
        start = {"path": "nut.gcode"}
        self.assertEqual(api.post("/printers/taz6/start", start,
                                  headers={"If-Match": '"other"'}).status, 412)
        self.assertEqual(api.post("/printers/taz6/start", start,
                                  headers={"If-Match": f'"other", {seen}'}).status, 202)
        self.wait_for(api, "Printing")
        self.assertEqual(api.post("/printers/taz6/cancel",
                                  headers={"If-Match": seen}).status, 412)
        now = api.get("/printers/taz6/state").headers["ETag"]
        self.assertEqual(api.post("/printers/taz6/cancel", headers={"If-Match": now}).status, 202)


if __name__ == "__main__":
    unittest.main(verbosity=2)
