"""POST /predict of the daemon: who may ask, and what is kept."""

import contextlib
import os
import pathlib
import sqlite3
import struct
import unittest
import zlib

from server_support import PASSWORD, TestCase

NETWORK = pathlib.Path(os.environ["STEPCAST_SOURCE_DIR"]) / "tests/unit/vision/networks/colours.onnx"


def green_png():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(
            ">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 24, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress((b"\0" + b"\0\xff\0" * 32) * 24)) + chunk(b"IEND", b""))


class Predictions(TestCase):

    def serve_seeing(self, classifier=NETWORK):
        return self.serve_ready(more=f'[vision]\nclassifier = "{classifier}"\nruntime = "opencv"\n')

    def ask(self, server, path="/predict", key=None, elsewhere=False):
        # What a proxy of this machine hands on comes from elsewhere.
        return server.request("POST", path, green_png(), {
            "Content-Type": "image/png", **({"X-Forwarded-For": "203.0.113.7"} if elsewhere else {})},
            key=key)

    def device_key(self, server, **limits):
        self.assertEqual(server.post("/api/v1/users", {"name": "cam", "password": PASSWORD,
                                                       "role": "device"}).status, 201)
        reply = server.post("/api/v1/keys", {"user": "cam", "app": "camera", **limits})
        self.assertEqual(reply.status, 201, reply.body)
        return reply.json()["key"]

    def kept(self, server):
        """What the database holds when the daemon has ended."""
        server.stop()
        with contextlib.closing(sqlite3.connect(server.data / "stepcast.db")) as database:
            return database.execute("SELECT printer, model, label, width, height FROM detections "
                                    "ORDER BY id").fetchall()

    def test_are_answered_and_kept_with_the_printer(self):
        server = self.serve_seeing()
        for path in ("/predict", "/predict?printer=taz6"):
            reply = self.ask(server, path)
            self.assertEqual((reply.status, reply.json()["prediction"]), (200, "blobs"), reply.body)
        reply = server.upload([("file", "esp32.jpg", green_png())], "/predict", key=None)
        self.assertEqual((reply.status, list(reply.json())), (200, ["prediction", "confidence"]))
        reply = self.ask(server, "/predict?printer=nobody")
        self.assertEqual((reply.status, list(reply.json())), (400, ["error"]))
        self.assertEqual(self.kept(server), [("taz6", "colours", "blobs", 32.0, 24.0)])

    def test_from_elsewhere_need_the_key_of_a_device(self):
        server = self.serve_seeing()
        key = self.device_key(server, printer="taz6")
        self.assertEqual(self.ask(server, elsewhere=True).status, 403)
        self.assertEqual(self.ask(server, elsewhere=True, key="wrong").status, 403)
        self.assertEqual(self.ask(server, elsewhere=True, key=key).status, 200)
        self.assertEqual([row[0] for row in self.kept(server)], ["taz6"])

    def test_without_a_network_are_refused_with_the_reason(self):
        server = self.serve_seeing("/nowhere.onnx")
        reply = self.ask(server)
        self.assertEqual(reply.status, 500)
        self.assertIn("/nowhere.onnx", reply.json()["error"])
        self.assertEqual(server.get("/api/version").status, 200)


if __name__ == "__main__":
    unittest.main()
