"""Keeps a daemon busy, kills it at a random moment, and asks the next one what is left.

What a client was told is a promise: a file that was acknowledged is there byte for byte, one whose
deletion was acknowledged is gone, an event that was seen keeps its number, a job that was started
is in the books, and one that had ended keeps its end.
"""

import http.client
import random
import sqlite3
import threading
import time
import urllib.error

from server_support import EXAMPLES, Server

SQUARE = (EXAMPLES / "square.gcode").read_bytes()
LOST_CONNECTION = (urllib.error.URLError, http.client.HTTPException, OSError)
ENDED = ("done", "failed", "cancelled")
KEPT_FILES = 40  # older ones are deleted, so that a long run does not fill the disk


def content_of(name):
    """Follows from the name, so that every file can be checked without remembering its bytes."""
    size = random.Random(name).randrange(60_000)
    return f"; {name}\n".encode() + SQUARE + (b"; filler line\n" * (size // 14))


class Promises:
    """What the daemon has acknowledged. Threads: any."""

    def __init__(self):
        self.lock = threading.Lock()
        self.files = {}          # name -> "there", "going" (deletion asked for) or "gone"
        self.started = set()     # names of files whose print was acknowledged
        self.ended = {}          # job id -> state
        self.events = {}         # sequence -> type
        self.requests = 0

    def note_file(self, name, state):
        with self.lock:
            self.files[name] = state
            self.requests += 1

    def oldest_there(self):
        with self.lock:
            there = [name for name, state in self.files.items() if state == "there"]
            if len(there) <= KEPT_FILES:
                return None
            self.files[there[0]] = "going"
            return there[0]


class BusyServer:
    """A daemon under load that is killed again and again."""

    def __init__(self, folder, seed):
        self.random = random.Random(seed)
        self.promises = Promises()
        self.server = Server(folder, speed=1000)
        self.number = 0
        self.start_times_s = []
        self.idle_kib = None

    def start(self):
        began = time.monotonic()
        self.server.start()
        if self.server.key is None:
            self.server.set_up()
        else:
            self.start_times_s.append(time.monotonic() - began)

    def idle_memory_kib(self):
        with open(f"/proc/{self.server.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))

    def kill_while_busy(self):
        """Some requests are answered in any case; then it may be killed at any moment."""
        stop = threading.Event()
        numbers = iter(range(self.number, self.number + 100_000))
        lock = threading.Lock()

        def next_name():
            with lock:
                self.number = next(numbers)
                return f"part{self.number}.gcode"

        def busy(work):
            while not stop.is_set():
                try:
                    work(next_name)
                except LOST_CONNECTION:
                    if self.server.process.poll() is not None or stop.is_set():
                        return

        workers = [threading.Thread(target=busy, args=(work,))
                   for work in (self._upload, self._upload, self._print, self._delete, self._look)]
        before = self.promises.requests
        for worker in workers:
            worker.start()
        end = time.monotonic() + 30
        while self.promises.requests < before + 3 and time.monotonic() < end:
            time.sleep(0.002)
        time.sleep(self.random.uniform(0, 0.3))
        self.server.process.kill()
        stop.set()
        for worker in workers:
            worker.join()
        self.server.process.wait(60)
        self.server.reader.join(60)
        self.server.process.stdout.close()
        self.number += 1

    def _upload(self, next_name):
        name = next_name()
        reply = self.server.upload([("file", name, content_of(name))])
        if reply.status == 201:
            self.promises.note_file(name, "there")

    def _print(self, next_name):
        name = next_name()
        reply = self.server.upload([("print", "true"), ("file", name, content_of(name))])
        if reply.status == 201:
            self.promises.note_file(name, "there")
            if reply.json().get("effectivePrint"):
                with self.promises.lock:
                    self.promises.started.add(name)

    def _delete(self, _next_name):
        name = self.promises.oldest_there()
        if name is None:
            time.sleep(0.02)
            return
        status = self.server.delete(f"/api/files/local/{name}").status
        if status == 204:
            self.promises.note_file(name, "gone")
        elif status == 409:  # being printed
            self.promises.note_file(name, "there")

    def _look(self, _next_name):
        after = max(self.promises.events, default=0)
        events = self.server.get(f"/api/v1/events?after={after}").json()["items"]
        jobs = self.server.get("/api/v1/jobs?limit=20").json()["items"]
        with self.promises.lock:
            self.promises.events.update({e["sequence"]: e["type"] for e in events})
            self.promises.ended.update({j["id"]: j["state"] for j in jobs if j["state"] in ENDED})
        time.sleep(0.02)

    def broken_promises(self):
        """Of the daemon that was killed last, asked of the one that runs now."""
        broken = []
        found = {entry["path"]: entry
                 for entry in self.server.get("/api/files?recursive=true").json()["files"]}
        for name, state in self.promises.files.items():
            if state == "there" and name not in found:
                broken.append(f"{name} was acknowledged and is lost")
            if state == "gone" and name in found:
                broken.append(f"{name} was deleted and is back")
        for name in found:
            if self.server.get(f"/downloads/files/local/{name}").body != content_of(name):
                broken.append(f"{name} is not what was sent")
        return broken + self._broken_books()

    def _broken_books(self):
        broken = []
        path = self.server.data / "stepcast.db"
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            jobs = database.execute("SELECT id, file, state FROM jobs").fetchall()
            events = dict(database.execute("SELECT sequence, type FROM events").fetchall())
            whole = database.execute("PRAGMA quick_check").fetchone()[0]
        finally:
            database.close()
        if whole != "ok":
            broken.append(f"the database: {whole}")
        printed = {file for _, file, _ in jobs}
        broken += [f"the print of {name} was acknowledged and has no job"
                   for name in self.promises.started - printed]
        states = {id_: state for id_, _, state in jobs}
        broken += [f"job {id_} had ended as {state} and is {states.get(id_)}"
                   for id_, state in self.promises.ended.items() if states.get(id_) != state]
        broken += [f"event {number} was {type_} and is {events.get(number)}"
                   for number, type_ in self.promises.events.items() if events.get(number) != type_]
        return broken
