#!/usr/bin/env python3
"""Many connections that say nothing, or one byte a second of a head, beside a running print.

    bench/server/idle_sockets.py --daemon build/release/apps/stepcastd/stepcastd

Starts a daemon of its own, whose virtual printer prints in real time, and connects from several
addresses of the loopback, as one has too few ports. Prints what a connection costs the daemon, how
long others wait for their answers, when the silent ones were dropped, and pauses of the print.
"""

import argparse
import os
import pathlib
import resource
import socket
import statistics
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench/server"))
from sockets import cpu_s, resident_mib  # pylint: disable=wrong-import-position

REQUESTS = 200
PER_SOURCE = 20_000  # connections from one address; it has 28,000 ports
HEAD = b"GET /api/version HTTP/1.1\r\nX: "


def ask(server, count):
    """Milliseconds of each of so many requests on new connections."""
    took = []
    for _ in range(count):
        start = time.monotonic()
        assert server.get("/api/job").status == 200
        took.append((time.monotonic() - start) * 1000)
    return sorted(took)


def told(title, took):
    print(f"{title}: median {statistics.median(took):.1f} ms, "
          f"p99 {took[int(len(took) * 0.99)]:.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--daemon", type=pathlib.Path, required=True)
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--slow", type=int, default=1000, help="of them send a byte a second")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < options.clients + 500:
        sys.exit(f"only {hard} files can be open: raise it by ulimit -Hn")
    os.environ["STEPCASTD"] = str(options.daemon)
    os.environ["STEPCAST_SOURCE_DIR"] = str(ROOT)
    sys.path.insert(0, str(ROOT / "tests/e2e/stepcastd"))
    from server_support import EXAMPLES, Server  # pylint: disable=import-outside-toplevel

    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder, speed=1).start().set_up()  # with the limit of a shell
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        server.wait_for_state("Operational")
        part = (EXAMPLES / "nut.gcode").read_bytes()
        assert server.upload([("print", "true"), ("file", "nut.gcode", part)]).status == 201
        server.wait_for_state("Printing")
        pid, port = server.process.pid, urllib.parse.urlsplit(server.url).port
        told("alone", ask(server, REQUESTS))
        before_mib, start = resident_mib(pid), time.monotonic()
        lines = []
        for number in range(options.clients):
            lines.append(socket.create_connection(
                ("127.0.0.1", port), source_address=(f"127.0.0.{2 + number // PER_SOURCE}", 0)))
            if number < options.slow:
                lines[-1].sendall(HEAD)
        took_s = time.monotonic() - start
        after_mib = resident_mib(pid)
        print(f"{options.clients} connections in {took_s:.1f} s; daemon {before_mib:.1f} MiB before, "
              f"{after_mib:.1f} MiB with them: "
              f"{(after_mib - before_mib) * 1024 / options.clients:.1f} KiB each")
        cpu, start = cpu_s(pid), time.monotonic()
        told("beside them", ask(server, REQUESTS))
        print(f"daemon: {(cpu_s(pid) - cpu) / (time.monotonic() - start):.1%} of one core meanwhile")
        slow = lines[:options.slow]
        start = time.monotonic()
        while slow:
            time.sleep(1)
            left = []
            for line in slow:
                try:
                    line.send(b"x")
                    left.append(line)
                except OSError:
                    pass
            slow = left
        print(f"slow heads: all dropped {time.monotonic() - start:.0f} s later")
        link = server.get("/api/v1/printers/taz6/state").json()["link"]
        print(f"print: {link['pauses']} pauses, {link['buffer_s']:.1f} s buffered")
        server.stop()


if __name__ == "__main__":
    main()
