"""Hostile requests and failing surroundings, while a print runs: clear errors, nothing lost."""

import gzip
import http.client
import io
import os
import resource
import socket
import sqlite3
import struct
import subprocess
import threading
import time
import unittest
import unittest.mock
import urllib.parse
import zipfile

import postgres_support
from server_support import EXAMPLES, TestCase

SQUARE = (EXAMPLES / "square.gcode").read_bytes()
NUT = (EXAMPLES / "nut.gcode").read_bytes()
# Lasts for about six seconds of the server's time, so that all of a test falls into it.
PRINT_SPEED = 25
IDLE = 2000
SMALL_DISK_MIB = 64
DAY_S = 86_400


def eventually(claim, timeout_s=60):
    end = time.monotonic() + timeout_s
    while not claim():
        if time.monotonic() > end:
            raise AssertionError("not in time")
        time.sleep(0.02)


class FaultTestCase(TestCase):

    def printing(self, server):
        """Starts a print; what it returns says in the end that nothing has disturbed it."""
        reply = server.upload([("print", "true"), ("file", "nut.gcode", NUT)])
        self.assertEqual(reply.status, 201, reply.body)
        server.wait_for_state("Printing")
        job = server.get("/api/v1/printers/taz6/state").json()["job"]

        def unharmed():
            server.wait_for_state("Operational")
            # The end is written a moment after the printer has told it.
            eventually(lambda: server.get(f"/api/v1/jobs/{job}").json()["state"] != "printing")
            self.assertEqual(server.get(f"/api/v1/jobs/{job}").json()["state"], "done")
        return unharmed

    def raw(self, server, sent):
        """The status that bytes as they are get, 0 for a connection that is closed without."""
        address = urllib.parse.urlsplit(server.url)
        with socket.create_connection((address.hostname, address.port), timeout=60) as line:
            line.sendall(sent.replace(b"KEY", server.key.encode()))
            answer = http.client.HTTPResponse(line)
            answer.begin()
            answer.read()
            return answer.status

    def files(self, server):
        return [file["path"] for file in server.get("/api/files?recursive=true").json()["files"]]


class HostileRequests(FaultTestCase):

    def test_requests_that_are_none_are_refused_and_change_nothing(self):
        server = self.serve_ready(speed=PRINT_SPEED)
        unharmed = self.printing(server)
        secret = self.folder / "stepcastd.toml"
        (self.folder / "files" / "link.gcode").symlink_to(secret)
        multipart = (b"POST /api/files/local HTTP/1.1\r\nX-Api-Key: KEY\r\nContent-Type: "
                     b"multipart/form-data; boundary=XX\r\nContent-Length: %d\r\n%b\r\n%b")
        part = b'--XX\r\nContent-Disposition: form-data; name="file"; filename="x.gcode"\r\n\r\n'

        def upload(body, more=b"", length=None):
            return multipart % (length or len(body), more, body)

        packed = gzip.compress(b"G1 X1\n" * 100_000)
        for name, sent, status in (
                ("long head", b"GET /api/version HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", 431),
                ("no HTTP", b"\x16\x03\x01\x02\x00\r\n\r\n", 400),
                ("two lengths", upload(part, b"Content-Length: 3\r\n"), 400),
                ("no boundary at the end", upload(part + SQUARE), 400),
                ("no head of a part", upload(b"--XX\r\nno colon\r\n\r\nG1 X1\r\n--XX--\r\n"), 400),
                ("endless head of a part", upload(b"--XX\r\nX: " + b"x" * 100_000), 400),
                ("no boundary", upload(part).replace(b"; boundary=XX", b""), 400),
                ("no file", upload(b'--XX\r\nContent-Disposition: form-data; name="path"\r\n\r\n'
                                   b"a\r\n--XX--\r\n"), 400),
                ("packed body", upload(packed, b"Content-Encoding: gzip\r\n"), 415),
                ("packed transfer", upload(b"0\r\n\r\n", b"Transfer-Encoding: gzip, chunked\r\n")
                 .replace(b"Content-Length: 5\r\n", b""), 501),
                ("packed JSON", b"POST /api/job HTTP/1.1\r\nX-Api-Key: KEY\r\nContent-Type: "
                 b"application/json\r\nContent-Encoding: deflate\r\nContent-Length: 3\r\n\r\nabc", 415),
                ("deep JSON", b"POST /api/job HTTP/1.1\r\nX-Api-Key: KEY\r\nContent-Type: "
                 b"application/json\r\nContent-Length: 100000\r\n\r\n" + b"[" * 100_000, 400),
                ("traversal", b"GET /downloads/files/local/../../stepcastd.toml HTTP/1.1\r\n"
                 b"X-Api-Key: KEY\r\n\r\n", 400),
                ("traversal in code", b"GET /downloads/files/local/%2e%2e/%2e%2e/stepcastd.toml "
                 b"HTTP/1.1\r\nX-Api-Key: KEY\r\n\r\n", 400),
                ("traversal in one name", b"GET /downloads/files/local/..%2fstepcastd.toml "
                 b"HTTP/1.1\r\nX-Api-Key: KEY\r\n\r\n", 400),
                ("link to elsewhere", b"GET /downloads/files/local/link.gcode HTTP/1.1\r\n"
                 b"X-Api-Key: KEY\r\n\r\n", 404)):
            with self.subTest(name):
                self.assertEqual(self.raw(server, sent), status)
        self.assertEqual(self.files(server), ["nut.gcode"])
        unharmed()

    def test_names_and_contents_that_would_hurt_are_refused_with_a_reason(self):
        server = self.serve_ready(speed=PRINT_SPEED)
        unharmed = self.printing(server)
        for folder in ("..", "../..", "/../etc", "a/../..", "\x00", "con", "a\\b"):
            with self.subTest(folder):
                reply = server.upload([("path", folder), ("file", "x.gcode", SQUARE)])
                self.assertEqual(reply.status, 400, reply.body)
                self.assertTrue(reply.reason())
        for name in ("con.gcode", "LPT1.gcode", ".hidden.gcode", "x" * 300 + ".gcode",
                     "\u202egpj.gcode"):
            with self.subTest(name):
                reply = server.upload([("file", name, SQUARE)])
                self.assertIn(reply.status, (201, 400), reply.body)
        for path in self.files(server):
            self.assertNotRegex(path, r"^(con|LPT1)\.|^\.|\u202e")
        # 1000 times as long when unpacked; nobody does.
        bomb = io.BytesIO()
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("part.gcode", b"\0" * 10_000_000)
        for name in ("part.gcode.zip", "part.gcode"):
            reply = server.upload([("file", name, bomb.getvalue())])
            self.assertIn(reply.status, (400, 415), reply.body)
            self.assertTrue(reply.reason())
        name = "Größe 日本 🖨.gcode"
        self.assertEqual(server.upload([("file", name, SQUARE)]).status, 201)
        self.assertEqual(
            server.get("/downloads/files/local/" + urllib.parse.quote(name)).body, SQUARE)
        unharmed()


class ManyConnections(FaultTestCase):

    def test_silent_and_slow_clients_leave_room_for_others(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard < 2 * IDLE:
            self.skipTest(f"only {hard} files can be open")
        # As a shell starts it, with fewer files than clients; it helps itself.
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 1024), hard))
        server = self.serve_ready(speed=PRINT_SPEED)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        unharmed = self.printing(server)
        address = urllib.parse.urlsplit(server.url)
        for number in range(IDLE):
            line = socket.create_connection((address.hostname, address.port), timeout=60)
            self.addCleanup(line.close)
            if number % 4 == 0:
                line.sendall(b"GET /api/version HTTP/1.1\r\nX:")
        self.assertEqual(server.get("/api/version").status, 200)
        self.assertEqual(server.upload([("file", "square.gcode", SQUARE)]).status, 201)
        unharmed()


class Surroundings(FaultTestCase):

    def test_a_locked_database_delays_what_is_written_and_loses_nothing(self):
        server = self.serve_ready(speed=PRINT_SPEED)
        unharmed = self.printing(server)
        holder = sqlite3.connect(self.folder / "stepcast.db", isolation_level=None)
        self.addCleanup(holder.close)
        holder.execute("BEGIN IMMEDIATE")
        self.assertEqual(server.get("/api/job").json()["state"], "Printing")
        refused = server.upload([("file", "square.gcode", SQUARE)])
        self.assertGreaterEqual(refused.status, 400)
        self.assertIn("database", refused.reason())
        holder.execute("ROLLBACK")
        self.assertEqual(server.upload([("file", "square.gcode", SQUARE)]).status, 201)
        unharmed()

    def test_a_database_server_that_crashes_under_load_loses_nothing(self):
        if not postgres_support.programs():
            self.skipTest("no PostgreSQL server below /usr/lib/postgresql")
        postgres = postgres_support.Postgres()
        self.addCleanup(postgres.remove)
        postgres.run()
        server = self.serve_ready(speed=PRINT_SPEED,
                                  more=f'\n[storage]\ndatabase = "{postgres.url}"\n')
        unharmed = self.printing(server)
        kept, refused, stop = [], [], threading.Event()

        def work(worker):
            number = 0
            while not stop.is_set():
                name, number = f"{worker}-{number}.gcode", number + 1
                reply = server.upload([("file", name, SQUARE)])
                (kept if reply.status == 201 else refused).append((name, reply))
        workers = [threading.Thread(target=work, args=(number,)) for number in range(3)]
        for worker in workers:
            worker.start()
        try:
            eventually(lambda: len(kept) > 5)
            postgres.crash()
            eventually(lambda: len(refused) > 2)
            self.assertEqual(server.get("/api/job").json()["state"], "Printing")
            before = len(kept)
            postgres.run()
            eventually(lambda: len(kept) > before + 5)
        finally:
            stop.set()
            for worker in workers:
                worker.join()
        for name, reply in refused:
            self.assertEqual(reply.status, 503, (name, reply.body))
            self.assertIn("database", reply.reason(), name)
        self.assertLessEqual({name for name, _ in kept}, set(self.files(server)))
        unharmed()

    def test_a_clock_that_jumps_changes_no_print(self):
        clock = self.folder / "clock"
        clock.write_bytes(struct.pack("<q", 0))

        def jump(seconds):
            with clock.open("r+b", buffering=0) as file:
                file.write(struct.pack("<q", seconds))
        # An address sanitizer wants to come first, but does not need to.
        with unittest.mock.patch.dict(os.environ, LD_PRELOAD=os.environ["STEPCAST_CLOCK_SHIM"],
                                      STEPCAST_CLOCK=str(clock),
                                      ASAN_OPTIONS="verify_asan_link_order=0"):
            server = self.serve_ready(speed=PRINT_SPEED)
        unharmed = self.printing(server)
        for seconds in (DAY_S, -400 * DAY_S, 0):
            jump(seconds)
            # Seen where the clock is read: a file is as old as the clock says.
            name = f"{seconds}.gcode"
            self.assertEqual(server.upload([("file", name, SQUARE)]).status, 201)
            date = server.get(f"/api/files/local/{name}").json()["date"]
            self.assertAlmostEqual(date, time.time() + seconds, delta=DAY_S / 4)
            self.assertEqual(server.get("/api/job").json()["state"], "Printing")
        unharmed()
        job = server.get("/api/v1/jobs").json()["items"][0]
        self.assertLess(job["actual_s"], DAY_S / 4, "printing time is no wall clock's")

    def on_a_small_disk(self):
        """A server whose data folder is a disk of its own, and the command that changes it."""
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_MIB}m",
                                                "none", self.folder], check=False,
                                               capture_output=True).returncode != 0:
            self.skipTest("needs to mount a disk")
        self.addCleanup(subprocess.run, ["umount", "-l", self.folder], check=True)
        return self.serve_ready(speed=PRINT_SPEED, more="\n[storage]\nminimum_free_mib = 16\n")

    def test_a_full_disk_stops_uploads_and_not_the_print(self):
        server = self.on_a_small_disk()
        unharmed = self.printing(server)
        part = b"; filler line\n" * 100_000
        statuses = []
        while not statuses or statuses[-1] == 201:
            reply = server.upload([("file", f"{len(statuses)}.gcode", SQUARE + part)])
            statuses.append(reply.status)
        self.assertEqual(reply.status, 507, reply.body)
        self.assertRegex(reply.reason(), "free.*remove files")
        # Somebody else fills what the server has left for its own books.
        filler = self.folder / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 65536)
            except OSError:
                pass
        self.assertEqual(server.get("/api/job").json()["state"], "Printing")
        self.assertEqual(len(self.files(server)), len(statuses))
        filler.unlink()
        unharmed()
        self.assertEqual(len(self.files(server)), len(statuses))

    def test_a_server_whose_disk_is_read_only_says_so(self):
        server = self.on_a_small_disk()
        server.stop()
        subprocess.run(["mount", "-o", "remount,ro", self.folder], check=True)
        server.url = None
        with self.assertRaisesRegex(AssertionError, str(self.folder)):
            server.start()
        self.assertNotEqual(server.process.wait(60), 0)
        server.process.stdout.close()
        subprocess.run(["mount", "-o", "remount,rw", self.folder], check=True)
        server.start()
        server.wait_for_state("Operational")


if __name__ == "__main__":
    unittest.main(verbosity=2)
