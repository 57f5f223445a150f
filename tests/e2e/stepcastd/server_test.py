"""`stepcastd` through the interface of OctoPrint: a person's first hour with it."""

import os
import socket
import subprocess
import time
import unittest

from server_support import EXAMPLES, PASSWORD, TestCase

SQUARE = (EXAMPLES / "square.gcode").read_bytes()
NUT = (EXAMPLES / "nut.gcode").read_bytes()


class FirstRun(TestCase):

    def test_nothing_is_open_before_there_is_an_administrator(self):
        server = self.serve()
        for path in ("/api/version", "/api/job", "/api/printer", "/api/files", "/api/settings"):
            self.assertEqual(server.get(path, key=None).status, 403, path)
        self.assertEqual(server.upload([("file", "a.gcode", SQUARE)], key=None).status, 403)

    def test_the_printed_token_makes_the_administrator_once(self):
        server = self.serve()
        self.assertEqual(server.post("/setup", {"token": "0" * 32, "user": "eve",
                                                "password": PASSWORD}, key=None).status, 403)
        server.set_up()
        self.assertEqual(server.get("/api/version").json()["text"][:9], "OctoPrint")
        self.assertEqual(server.post("/setup", {"token": server.token, "user": "eve",
                                                "password": PASSWORD}, key=None).status, 409)

    def test_users_keys_and_files_are_there_after_a_restart(self):
        server = self.serve_ready()
        self.assertEqual(server.upload([("file", "square.gcode", SQUARE)]).status, 201)
        uuid = server.get("/api/settings").json()["plugins"]["discovery"]["upnpUuid"]
        self.assertEqual(server.stop(), 0)
        server.start()
        self.assertEqual([file["path"] for file in server.get("/api/files").json()["files"]],
                         ["square.gcode"])
        self.assertEqual(server.get("/api/settings").json()["plugins"]["discovery"]["upnpUuid"],
                         uuid)


class Connecting(TestCase):

    def test_a_printer_that_is_switched_on_later_is_found(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            port = taken.getsockname()[1]
        server = self.serve(more=f'device = "127.0.0.1:{port}"\n').set_up()
        self.assertEqual(server.get("/api/job").json()["state"], "Offline")
        self.assertEqual(server.get("/api/printer").status, 409)
        with subprocess.Popen([os.environ["STEPCAST"], "device", "--port", str(port)],
                              stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as device:
            self.addCleanup(device.kill)
            server.wait_for_state("Operational")
            server.stop()
            device.terminate()


class Printing(TestCase):

    def test_an_upload_with_print_prints_to_the_end(self):
        server = self.serve_ready()
        reply = server.upload([("print", "true"), ("path", ""), ("file", "square.gcode", SQUARE)])
        self.assertEqual(reply.status, 201, reply.body)
        self.assertIn("api/", reply.headers["Location"])
        self.assertTrue(reply.json()["effectivePrint"])
        server.wait_for_state("Operational")
        job = server.get("/api/job").json()
        self.assertEqual(job["job"]["file"]["path"], "square.gcode")
        self.assertAlmostEqual(job["progress"]["completion"], 100, places=1)
        self.assertGreater(job["job"]["lastPrintTime"], 0)

    def test_a_print_is_paused_resumed_and_cancelled(self):
        server = self.serve_ready(speed=20)
        self.assertEqual(server.upload([("file", "nut.gcode", NUT)]).status, 201)
        self.assertEqual(server.post("/api/files/local/nut.gcode",
                                     {"command": "select", "print": True}).status, 204)
        server.wait_for_state("Printing")
        time.sleep(1)
        self.assertEqual(server.post("/api/job", {"command": "pause", "action": "pause"}).status,
                         204)
        paused = server.wait_for_state("Paused")
        self.assertGreater(paused["progress"]["completion"], 0)
        self.assertEqual(server.post("/api/job", {"command": "pause", "action": "resume"}).status,
                         204)
        server.wait_for_state("Printing")
        self.assertEqual(server.post("/api/job", {"command": "start"}).status, 409)
        self.assertEqual(server.delete("/api/files/local/nut.gcode").status, 409)
        self.assertEqual(server.post("/api/job", {"command": "cancel"}).status, 204)
        server.wait_for_state("Operational")
        self.assertEqual(server.post("/api/job", {"command": "cancel"}).status, 409)


class Files(TestCase):

    def test_files_live_in_folders_and_come_back_byte_for_byte(self):
        server = self.serve_ready()
        self.assertEqual(server.upload([("foldername", "parts")]).status, 201)
        self.assertEqual(server.post("/api/files/local", {"foldername": "more"}).status, 201)
        self.assertEqual(server.upload([("file", "a.gcode", SQUARE), ("path", "parts")]).status,
                         201)
        tree = server.get("/api/files?recursive=true").json()["files"]
        parts = next(entry for entry in tree if entry["path"] == "parts")
        self.assertEqual([child["path"] for child in parts["children"]], ["parts/a.gcode"])
        self.assertEqual(server.get("/downloads/files/local/parts/a.gcode").body, SQUARE)
        self.assertEqual(server.post("/api/files/local/parts/a.gcode",
                                     {"command": "move", "destination": "more"}).status, 201)
        self.assertEqual(server.get("/api/files/local/parts/a.gcode").status, 404)
        self.assertEqual(server.delete("/api/files/local/more/a.gcode").status, 204)

    def test_hostile_names_stay_inside_the_library(self):
        server = self.serve_ready()
        for name in ("../x.gcode", "con.gcode", "..\\..\\y.gcode"):
            self.assertIn(server.upload([("file", name, SQUARE)]).status, (201, 400), name)
        for entry in server.get("/api/files?recursive=true").json()["files"]:
            self.assertNotIn("..", entry["path"])
        self.assertEqual([path.name for path in self.folder.glob("*.gcode")], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
