"""`stepcast backup` and `restore`: what was there is there again."""

import os
import subprocess
import threading
import unittest

from kill_support import content_of
from server_support import STEPCASTD, Server, TestCase


def run(program, *arguments):
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True,
                          timeout=60, check=False)


def stepcastd(*arguments):
    return run(STEPCASTD, *arguments)


class Backup(TestCase):

    def setUp(self):
        super().setUp()
        self.data, self.saved, self.again = (self.folder / name for name in ("data", "saved", "again"))
        self.data.mkdir()

    def serve_in(self, data):
        server = Server(data).start()
        self.addCleanup(lambda: server.process.poll() is None and server.stop())
        return server

    def test_of_a_busy_server_brings_everything_back(self):
        server = self.serve_in(self.data).set_up()
        names = [f"before{i}.gcode" for i in range(5)]
        for name in names:
            self.assertEqual(server.upload([("file", name, content_of(name))]).status, 201)
        stop = threading.Event()
        first = threading.Event()

        def upload():
            number = 0
            while not stop.is_set():
                name = f"during{number}.gcode"
                server.upload([("file", name, content_of(name))])
                number += 1
                first.set()

        uploader = threading.Thread(target=upload)
        uploader.start()
        first.wait(60)
        saved = stepcastd("backup", self.saved, "--data", self.data)
        stop.set()
        uploader.join()
        self.assertEqual(saved.returncode, 0, saved.stderr)
        self.assertEqual(self.saved.stat().st_mode & 0o077, 0, "it holds password hashes")
        server.stop()

        restored = stepcastd("restore", self.saved, "--data", self.again)
        self.assertEqual(restored.returncode, 0, restored.stderr)
        # The configuration is the user's own file and not in the data folder by rule.
        key = server.key
        server = Server(self.again)
        server.key = key
        server.start()
        self.addCleanup(lambda: server.process.poll() is None and server.stop())
        files = {entry["path"] for entry in
                 server.get("/api/files?recursive=true").json()["files"]}
        self.assertLessEqual(set(names), files)
        for name in files:
            self.assertEqual(server.get(f"/downloads/files/local/{name}").body, content_of(name))

    def test_is_a_command_of_the_other_program_too(self):
        stepcast = os.environ["STEPCAST"]
        self.serve_in(self.data).stop()
        saved = run(stepcast, "backup", self.saved, "--data", self.data)
        self.assertEqual(saved.returncode, 0, saved.stderr)
        restored = run(stepcast, "restore", self.saved, "--data", self.again)
        self.assertEqual(restored.returncode, 0, restored.stderr)
        self.serve_in(self.again).stop()
        refused = run(stepcast, "restore", self.data / "none", "--data", self.folder / "x")
        self.assertEqual(refused.returncode, 3)
        self.assertIn("no backup", refused.stderr)
        self.assertEqual(run(stepcast, "backup").returncode, 2)

    def test_overwrites_nothing(self):
        self.serve_in(self.data).stop()
        self.assertEqual(stepcastd("backup", self.saved, "--data", self.data).returncode, 0)
        before = (self.saved / "stepcast.db").read_bytes()
        refused = stepcastd("backup", self.saved, "--data", self.data)
        self.assertEqual(refused.returncode, 3)
        self.assertIn("does not exist", refused.stderr)
        refused = stepcastd("restore", self.saved, "--data", self.data)
        self.assertEqual(refused.returncode, 3)
        self.assertIn("not empty", refused.stderr)
        self.assertEqual((self.saved / "stepcast.db").read_bytes(), before)

    def test_refuses_what_is_none(self):
        refused = stepcastd("restore", self.data, "--data", self.again)
        self.assertEqual(refused.returncode, 3)
        self.assertIn("no backup", refused.stderr)
        self.saved.mkdir()
        (self.saved / "stepcast.db").write_bytes(b"G" * 5000)
        refused = stepcastd("restore", self.saved, "--data", self.again)
        self.assertEqual(refused.returncode, 6)
        self.assertEqual([path.name for path in self.folder.iterdir() if "again" in path.name], [])
        refused = stepcastd("backup", self.folder / "x", "--data", self.again)
        self.assertIn("no database", refused.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
