#!/usr/bin/env python3
"""A print in real time while every processor is busy: how often the machine had to wait.

    bench/server/under_load.py --daemon build/release/apps/stepcastd/stepcastd --seconds 120

Starts a daemon of its own whose virtual printer prints in real time, loads it with uploads of large
files (each is planned as a whole for its print time), status requests, WebSocket clients and
questions about its history, and keeps all processors busy beside that with one process each that
multiplies matrices: a stand-in for the inference of pictures, at the same priority as the daemon.
`--no-load` shows the same print without any of it.

The device counts how often its buffer ran dry (pauses); both are asked for several times a second.
"""

import argparse
import collections
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench/server"))
from sockets import Client, cpu_s  # pylint: disable=wrong-import-position

UPLOADERS, ASKERS, HISTORIANS, SOCKETS = 2, 4, 2, 20
SETTLE_S = 8.0  # until the buffer of the device has filled
INFERENCE = """
import numpy
a = numpy.random.rand(512, 512).astype(numpy.float32)
while True:
    a = a @ a
    a /= abs(a).max()
"""
SPIN = "while True: pass"


def stand_in():
    """A process that keeps one processor busy."""
    try:
        import numpy  # pylint: disable=import-outside-toplevel,unused-import
        program = INFERENCE
    except ImportError:
        program = SPIN
    return subprocess.Popen([sys.executable, "-c", program],
                            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})


class Load:
    """Threads that ask the server for one thing each, again and again."""

    def __init__(self, server, job):
        self.server, self.job = server, job
        self.stopping = threading.Event()
        self.counts = collections.Counter()
        self.threads = []

    def start(self):
        port = urllib.parse.urlsplit(self.server.url)
        self.sockets = [Client(port.hostname, port.port, self.server.key, 200)
                        for _ in range(SOCKETS)]
        for number in range(UPLOADERS):
            self._run("uploads", lambda number=number: self.server.upload(
                [("file", f"load{number}.gcode", self.job)]))
        for number in range(ASKERS):
            path = ("/api/job", "/api/printer", "/api/files?recursive=true", "/api/v1/printers")
            self._run("status requests", lambda path=path[number % 4]: self.server.get(path))
        for _ in range(HISTORIANS):
            self._run("history questions", lambda: self.server.get(
                "/api/v1/printers/taz6/series/progress?points=1000"))
        self._run("socket frames", self._hear)

    def _hear(self):
        for client in self.sockets:
            try:
                self.counts["frames"] += sum(1 for _ in client.frames())
            except BlockingIOError:
                pass
        time.sleep(0.05)

    def _run(self, name, action):
        def work():
            while not self.stopping.is_set():
                try:
                    reply = action()
                    good = reply is None or reply.status < 400
                    self.counts[name if good else f"{name} refused ({reply.status})"] += 1
                except (urllib.error.URLError, OSError) as error:
                    self.counts[f"{name} failed ({type(error).__name__})"] += 1
        self.threads.append(threading.Thread(target=work, daemon=True))
        self.threads[-1].start()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--daemon", type=pathlib.Path, required=True)
    parser.add_argument("--job", type=pathlib.Path, default=ROOT / "examples/nut.gcode")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--no-load", action="store_true")
    options = parser.parse_args()
    os.environ["STEPCASTD"] = str(options.daemon)
    os.environ["STEPCAST_SOURCE_DIR"] = str(ROOT)
    sys.path.insert(0, str(ROOT / "tests/e2e/stepcastd"))
    from server_support import Server  # pylint: disable=import-outside-toplevel

    job = options.job.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder, speed=1).start().set_up()
        server.wait_for_state("Operational")
        reply = server.upload([("print", "true"), ("file", "job.gcode", job)])
        assert reply.status == 201, reply.body
        server.wait_for_state("Printing")
        time.sleep(SETTLE_S)
        load, burners = Load(server, job), []
        if not options.no_load:
            burners = [stand_in() for _ in range(os.cpu_count() or 1)]
            load.start()
        try:
            lowest, slowest, cpu = float("inf"), 0.0, cpu_s(server.process.pid)
            start = time.monotonic()
            while time.monotonic() < start + options.seconds:
                asked = time.monotonic()
                state = server.get("/api/v1/printers/taz6/state").json()
                slowest = max(slowest, time.monotonic() - asked)
                if state["state"] != "Printing":
                    print(f"the print is {state['state']} after {asked - start:.0f} s")
                    break
                lowest = min(lowest, state["link"]["buffer_s"])
                time.sleep(0.1)
            elapsed = time.monotonic() - start
            cpu = cpu_s(server.process.pid) - cpu
            link = server.get("/api/v1/printers/taz6/state").json()["link"]
        finally:
            load.stop()
            for burner in burners:
                burner.kill()
                burner.wait()
        server.stop()
    print(f"{elapsed:.0f} s of a print in real time, {os.cpu_count()} processors, "
          f"{len(burners)} busy processes beside the daemon, which had {cpu / elapsed:.0%} of one")
    for name, count in sorted(load.counts.items()):
        print(f"  {name}: {count / elapsed:.1f}/s")
    print(f"pauses: {link['pauses']}; least buffered {lowest:.2f} s; retransmissions: "
          f"{link['retransmissions']}; slowest answer {slowest * 1000:.0f} ms")


if __name__ == "__main__":
    main()
