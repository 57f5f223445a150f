"""Events of real runs, held to the schemas of docs/schemas/events."""

import json
import os
import pathlib
import re
import time
import unittest

import jsonschema

from server_support import EXAMPLES, TestCase

SOURCE = pathlib.Path(os.environ["STEPCAST_SOURCE_DIR"])
SCHEMAS = {path.stem: json.loads(path.read_text(encoding="utf-8"))
           for path in (SOURCE / "docs/schemas/events").glob("*.json")}
NUT = (EXAMPLES / "nut.gcode").read_bytes()
SQUARE = (EXAMPLES / "square.gcode").read_bytes()


class Events(TestCase):

    def test_every_event_of_a_busy_hour_is_as_its_schema_says(self):
        told = self.folder / "told"
        server = self.serve_ready(speed=20, more=f"""
[[hook]]
name = "all"
events = ["*"]
command = ["/bin/sh", "-c", "cat >> \\"$0\\"; echo >> \\"$0\\"", "{told}"]
""")
        self.assertEqual(server.upload([("foldername", "parts")]).status, 201)
        self.assertEqual(server.upload([("file", "nut.gcode", NUT), ("path", "parts")]).status, 201)
        self.assertEqual(server.upload([("print", "true"), ("file", "a.gcode", SQUARE)]).status,
                         201)
        server.wait_for_state("Operational")
        self.assertEqual(server.post("/api/files/local/parts/nut.gcode",
                                     {"command": "select", "print": True}).status, 204)
        server.wait_for_state("Printing")
        for path, command in (
                ("/api/printer/printhead", {"command": "feedrate", "factor": 110}),
                ("/api/printer/tool", {"command": "flowrate", "factor": 95})):
            self.assertEqual(server.post(path, command).status, 204)
        reply = server.post("/api/v1/printers/taz6/z-offset", {"offset_mm": 0.1})
        self.assertEqual(reply.status, 202, reply.body)
        for action, state in (("pause", "Paused"), ("resume", "Printing")):
            self.assertEqual(server.post("/api/job", {"command": "pause",
                                                      "action": action}).status, 204)
            server.wait_for_state(state)
        self.assertEqual(server.post("/api/job", {"command": "cancel"}).status, 204)
        server.wait_for_state("Operational")
        for command in ({"command": "home", "axes": ["x", "y"]},
                        {"command": "jog", "x": 5, "speed": 3000}):
            self.assertEqual(server.post("/api/printer/printhead", command).status, 204)
            server.wait_for_state("Operational")
        self.assertEqual(server.post("/api/files/local/a.gcode",
                                     {"command": "move", "destination": "parts"}).status, 201)
        self.assertEqual(server.delete("/api/files/local/parts/a.gcode").status, 204)
        self.wait_for(lambda: server.post("/api/connection",
                                          {"command": "disconnect"}).status == 204)  # it moves yet
        server.wait_for_state("Offline")
        self.wait_for(lambda: told.exists() and '"Disconnected"' in told.read_text())
        events = [json.loads(line) for line in told.read_text(encoding="utf-8").splitlines()]
        self.assertEqual(sorted({event["sequence"] for event in events}),
                         [event["sequence"] for event in events], "in order, each once")
        for event in events:
            self.assertIn(event["type"], SCHEMAS)
            jsonschema.Draft202012Validator(SCHEMAS[event["type"]]).validate(event)
        self.assertLessEqual(
            {"PrintStarted", "PrintDone", "PrintPaused", "PrintResumed", "PrintCancelled",
             "PrinterStateChanged", "FileAdded", "FileMoved", "FileRemoved", "FolderAdded",
             "FileSelected", "Disconnected", "Upload", "UpdatedFiles", "FeedRateSet", "FlowSet",
             "ZOffsetSet", "Home", "Jogged"},
            {event["type"] for event in events})
        printing = next(event["job"] for event in events if event["type"] == "PrintCancelled")
        changes = {event["type"]: event for event in events if event["type"].endswith("Set")}
        self.assertEqual({name: (event["payload"], event["job"])
                          for name, event in changes.items()},
                         {"FeedRateSet": ({"factor": 1.1, "user": "ada"}, printing),
                          "FlowSet": ({"factor": 0.95, "user": "ada"}, printing),
                          "ZOffsetSet": ({"offset_mm": 0.1, "user": "ada"}, printing)})
        trail = [(entry["user"], entry["action"], entry["subject"])
                 for entry in server.get("/api/v1/audit?limit=500").json()["items"]
                 if entry["action"].startswith("printer.")]
        self.assertEqual(
            [entry for entry in trail if "Set " in entry[2]],
            [("ada", "printer.command", 'taz6: FeedRateSet {"factor":1.1}'),
             ("ada", "printer.command", 'taz6: FlowSet {"factor":0.95}'),
             ("ada", "printer.command", 'taz6: ZOffsetSet {"offset_mm":0.1}')])
        self.assertEqual([entry[1:] for entry in trail if entry[1] != "printer.command"],
                         [("printer.start", "taz6: a.gcode"),
                          ("printer.start", "taz6: parts/nut.gcode"),
                          *((f"printer.{what}", f"taz6: {printing}")
                            for what in ("pause", "resume", "cancel")),
                          ("printer.disconnect", "taz6")])

    def test_the_page_on_events_names_every_schema_and_each_is_one(self):
        text = (SOURCE / "docs/events.md").read_text(encoding="utf-8")
        named = set(re.findall(r"`([A-Z][A-Za-z]+)`", text))
        self.assertEqual(set(SCHEMAS) - named, set())
        for schema in SCHEMAS.values():
            jsonschema.Draft202012Validator.check_schema(schema)

    def wait_for(self, holds):
        end = time.monotonic() + 60
        while not holds():
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)


if __name__ == "__main__":
    unittest.main(verbosity=2)
