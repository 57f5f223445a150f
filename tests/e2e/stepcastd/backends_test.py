"""The daemon in front of a real OctoPrint, behind TLS, and at a port for each printer."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import unittest
import unittest.mock
import urllib.error
import urllib.request

import websocket

from server_support import EXAMPLES, TestCase

NUT = (EXAMPLES / "nut.gcode").read_bytes()
SQUARE = (EXAMPLES / "square.gcode").read_bytes()
PEER = pathlib.Path(os.environ["STEPCAST_SOURCE_DIR"]) / "tests/peers/octoprint_server.py"
KEY = "a-key-for-tests"


class OctoPrint:
    """A real one with its virtual printer."""

    def __init__(self, folder):
        self.process = subprocess.Popen([sys.executable, "-B", str(PEER), str(folder), KEY],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if line.startswith("port "):
                self.url = f"http://127.0.0.1:{int(line[5:])}"
                return
        raise AssertionError("OctoPrint has not started")

    def get(self, path):
        request = urllib.request.Request(self.url + path, headers={"X-Api-Key": KEY})
        with urllib.request.urlopen(request, timeout=20) as reply:
            return json.load(reply)

    def stop(self):
        self.process.kill()
        self.process.wait(60)
        self.process.stdin.close()
        self.process.stdout.close()


class OctoPrintBackEnd(TestCase):

    def state(self, server):
        return server.get("/p/ender/api/job").json()["state"]

    def wait_for(self, server, state):
        """The state comes by the push socket: whoever waits for it hears of every change."""
        address = server.url.replace("http", "ws") + "/p/ender/sockjs/websocket"
        with contextlib.closing(websocket.create_connection(
                address, timeout=60, header=[f"X-Api-Key: {server.key}"])) as link:
            while True:
                message = json.loads(link.recv())
                now = message.get("current") or message.get("history")
                if now and now["state"]["text"] == state:
                    return

    def test_a_print_through_the_daemon_is_one_of_that_octoprint(self):
        (self.folder / "ender.key").write_text(KEY + "\n", encoding="utf-8")
        octoprint = OctoPrint(self.folder / "octoprint")
        self.addCleanup(octoprint.stop)
        server = self.serve_ready(more=f"""
[[printer]]
id = "ender"
kind = "octoprint"
url = "{octoprint.url}"
api_key_file = "{self.folder / 'ender.key'}"
profile = "taz6"
""")
        self.wait_for(server, "Operational")
        self.assertEqual(server.upload([("file", "nut.gcode", NUT)]).status, 201)
        start = {"command": "select", "print": True}
        self.assertEqual(server.post("/p/ender/api/files/local/nut.gcode", start).status, 204)
        self.wait_for(server, "Printing")
        printed = octoprint.get("/api/job")
        self.assertEqual(printed["state"], "Printing")
        self.assertEqual(printed["job"]["file"]["path"].partition("/")[0], "stepcast")
        self.assertEqual(server.get("/api/job").json()["state"], "Operational", "the other one")
        reply = server.post("/p/ender/api/printer/printhead", {"command": "feedrate", "factor": 120})
        self.assertEqual(reply.status, 204, reply.body)
        reply = server.post("/p/ender/api/printer/bed", {"command": "target", "target": 45})
        self.assertEqual(reply.status, 204, reply.body)
        for action, state in (("pause", "Paused"), ("resume", "Printing")):
            reply = server.post("/p/ender/api/job", {"command": "pause", "action": action})
            self.assertEqual(reply.status, 204, reply.body)
            self.wait_for(server, state)
        self.assertEqual(server.post("/p/ender/api/job", {"command": "cancel"}).status, 204)
        self.wait_for(server, "Operational")
        events = [(event["type"], event["payload"].get("user")) for event in
                  server.get("/api/v1/events?limit=500&printer=ender").json()["items"]]
        for told in ("PrintStarted", "FeedRateSet", "TargetSet", "PrintPaused", "PrintResumed",
                     "PrintCancelled"):
            self.assertEqual(events.count((told, "ada")), 1, told)
        octoprint.stop()
        self.wait_for(server, "Offline")
        reply = server.post("/p/ender/api/job", {"command": "start"})
        self.assertEqual(reply.status, 409, reply.body)


class SecureTestCase(TestCase):

    def serve_securely(self, **options):
        """With a certificate that this process trusts."""
        certificate, key = self.folder / "own.pem", self.folder / "own.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", str(key), "-out", str(certificate)],
                       check=True, capture_output=True)
        trusted = unittest.mock.patch.dict(os.environ, {"SSL_CERT_FILE": str(certificate)})
        trusted.start()
        self.addCleanup(trusted.stop)
        server = self.serve_ready(more=f"""
[server]
tls_certificate = "{certificate}"
tls_key = "{key}"
""", **options)
        return server, certificate


class SecurePush(SecureTestCase):

    def test_the_push_socket_speaks_through_tls(self):
        server, certificate = self.serve_securely(speed=5)
        self.assertTrue(server.url.startswith("https://"))
        me = server.post("/api/login", {"passive": True}).json()
        link = websocket.create_connection(
            server.url.replace("https", "wss") + "/sockjs/websocket", timeout=60,
            sslopt={"ca_certs": str(certificate)})
        self.addCleanup(link.close)
        self.assertIn("connected", json.loads(link.recv()))
        link.send(json.dumps({"auth": f"{me['name']}:{me['session']}"}))
        self.assertIn("history", json.loads(link.recv()))
        server.upload([("print", "true"), ("file", "square.gcode", SQUARE)])
        heard = set()
        while "PrintDone" not in heard:
            heard.add(json.loads(link.recv()).get("event", {}).get("type"))
        self.assertIn("PrintStarted", heard)

    def test_what_is_not_tls_gets_nothing(self):
        server, _ = self.serve_securely()
        port = int(server.url.rpartition(":")[2])
        with self.assertRaises((OSError, websocket.WebSocketException)):
            websocket.create_connection(f"ws://127.0.0.1:{port}/sockjs/websocket", timeout=20)


class Ports(TestCase):

    def test_each_printer_has_a_port_where_it_is_the_only_one(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = self.serve_ready(more=f"""
[[printer]]
id = "second"
profile = "taz6"
port = {port}
""")
        def profile_at(url):
            request = urllib.request.Request(url + "/api/printerprofiles",
                                             headers={"X-Api-Key": server.key})
            with urllib.request.urlopen(request, timeout=20) as reply:
                return list(json.load(reply)["profiles"])
        self.assertEqual(profile_at(server.url), ["taz6"])
        self.assertEqual(profile_at(f"http://127.0.0.1:{port}"), ["second"])
        self.assertEqual(profile_at(f"http://127.0.0.1:{port}/p/taz6"), ["taz6"],
                         "who names one gets it")
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/version", timeout=20)
        self.assertEqual(refused.exception.code, 403)
        refused.exception.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
