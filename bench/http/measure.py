#!/usr/bin/env python3
"""Measures the HTTP server: requests by wrk, uploads by a plain socket, memory by the kernel.

usage: measure.py path/to/http_bench_server [--megabytes N] [--seconds N]
"""

import argparse
import os
import re
import socket
import subprocess
import tempfile
import time


def memory_kib(pid, key):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(rf"{key}:\s+(\d+)", status.read()).group(1))


def requests(port, path, connections, seconds):
    out = subprocess.run(
        ["wrk", "--latency", "-t1", f"-c{connections}", f"-d{seconds}s",
         f"http://127.0.0.1:{port}{path}"],
        check=True, capture_output=True, text=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)
    half = re.search(r"50%\s+(\S+)", out).group(1)
    worst = re.search(r"99%\s+(\S+)", out).group(1)
    errors = re.search(r"(Socket errors.*|Non-2xx.*)", out)
    print(f"{path:18} {connections:5} connections  {float(rate):9.0f} requests/s  "
          f"median {half:>8}  p99 {worst:>8}  {errors.group(1) if errors else ''}")


def upload(port, pid, path, megabytes):
    line = bytes(f"G1 X{123.456:.3f} Y{65.432:.3f} E{0.01234:.5f}\r\n", "ascii")
    piece = (line * (2**20 // len(line) + 1))[:2**20]
    head = (b"--XX\r\nContent-Disposition: form-data; name=\"file\"; "
            b"filename=\"big.gcode\"\r\n\r\n")
    tail = b"\r\n--XX--\r\n"
    size = len(head) + megabytes * len(piece) + len(tail)
    with socket.create_connection(("127.0.0.1", port)) as link:
        start = time.monotonic()
        link.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; "
                     f"boundary=XX\r\nContent-Length: {size}\r\n\r\n".encode() + head)
        for _ in range(megabytes):
            link.sendall(piece)
        link.sendall(tail)
        answer = link.recv(4096)
        took = time.monotonic() - start
    if b" 201 " not in answer:
        raise SystemExit(f"the upload failed: {answer!r}")
    print(f"{path:18} {megabytes:5} MiB in {took:6.3f} s  {size / took / 1e6:7.0f} MB/s  "
          f"memory now {memory_kib(pid, 'VmRSS')} KiB, peak {memory_kib(pid, 'VmHWM')} KiB")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("server")
    parser.add_argument("--megabytes", type=int, default=1024)
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen([options.server, os.path.join(folder, "upload")],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        port = int(server.stdout.readline())
        print(f"memory at the start {memory_kib(server.pid, 'VmRSS')} KiB")
        for connections in (1, 64, 1000):
            requests(port, "/api/job", connections, options.seconds)
        requests(port, "/api/worker/job", 64, options.seconds)
        for path in ("/upload/counted", "/upload/file"):
            upload(port, server.pid, path, options.megabytes)
        server.stdin.close()
        server.wait(timeout=10)


if __name__ == "__main__":
    main()
