#!/usr/bin/env python3
"""Many WebSocket clients hear the telemetry of one printer: CPU, latency, what was left out.

    bench/server/sockets.py --daemon build/release/apps/stepcastd/stepcastd

Starts a daemon of its own with a virtual printer. One process is all clients, so that its own work
is part of the latency; the frames carry the time at which they were made.
"""

import argparse
import json
import os
import pathlib
import resource
import selectors
import socket
import struct
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
SETTLE_S = 2.0  # until all have subscribed and the queues are empty


class Client:

    def __init__(self, host, port, key, interval_ms):
        self.socket = socket.create_connection((host, port))
        self.socket.sendall(
            (f"GET /api/v1/socket HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
             f"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
             f"Sec-WebSocket-Version: 13\r\nX-Api-Key: {key}\r\n\r\n").encode())
        self.unread = b""
        while b"\r\n\r\n" not in self.unread:
            self.unread += self.socket.recv(65536)
        head, _, self.unread = self.unread.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head
        text = json.dumps({"type": "subscribe", "topics": ["telemetry"],
                           "interval_ms": interval_ms}).encode()
        mask = b"\0\0\0\0"
        self.socket.sendall(struct.pack(">BB", 0x81, 0x80 | len(text)) + mask + text)
        self.socket.setblocking(False)

    def frames(self):
        """The payloads of the binary messages that have come."""
        self.unread += self.socket.recv(65536)
        while len(self.unread) >= 2:
            opcode, length, at = self.unread[0] & 15, self.unread[1] & 127, 2
            if length == 126:
                if len(self.unread) < 4:
                    return
                length, at = struct.unpack_from(">H", self.unread, 2)[0], 4
            if len(self.unread) < at + length:
                return
            if opcode == 2:
                yield self.unread[at:at + length]
            self.unread = self.unread[at + length:]


def cpu_s(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--daemon", type=pathlib.Path, required=True)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--interval-ms", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    os.environ.setdefault("STEPCASTD", str(options.daemon))
    os.environ.setdefault("STEPCAST_SOURCE_DIR", str(ROOT))
    sys.path.insert(0, str(ROOT / "tests/e2e/stepcastd"))
    from server_support import Server  # pylint: disable=import-outside-toplevel

    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder).start().set_up()
        pid = server.process.pid
        address = urllib.parse.urlsplit(server.url)
        idle_mib = resident_mib(pid)
        selector = selectors.DefaultSelector()
        for _ in range(options.clients):
            client = Client(address.hostname, address.port, server.key, options.interval_ms)
            selector.register(client.socket, selectors.EVENT_READ, client)
        latencies, start, cpu = [], None, 0.0
        settled = time.monotonic() + SETTLE_S
        while start is None or time.monotonic() < start + options.seconds:
            if start is None and time.monotonic() >= settled:
                start, cpu = time.monotonic(), cpu_s(pid)
            for ready, _ in selector.select(0.1):
                for frame in ready.data.frames():
                    if start is not None:
                        made_ms = struct.unpack_from("<Q", frame, 8)[0]
                        latencies.append(time.time() * 1000 - made_ms)
        elapsed = time.monotonic() - start
        cpu = cpu_s(pid) - cpu
        busy_mib = resident_mib(pid)
        server.stop()
    latencies.sort()
    expected = options.clients * elapsed * 1000 / options.interval_ms

    def at(share):
        return latencies[min(len(latencies) - 1, int(len(latencies) * share))]

    print(f"{options.clients} clients, one frame each {options.interval_ms} ms, {elapsed:.1f} s\n"
          f"frames: {len(latencies)} of {expected:.0f} expected, "
          f"{max(0.0, 1 - len(latencies) / expected):.2%} left out\n"
          f"latency ms: median {at(0.5):.1f}, p99 {at(0.99):.1f}, worst {latencies[-1]:.1f}\n"
          f"daemon: {cpu / elapsed:.1%} of one core, {busy_mib:.1f} MiB "
          f"({idle_mib:.1f} MiB without clients)")


if __name__ == "__main__":
    main()
