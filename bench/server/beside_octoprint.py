#!/usr/bin/env python3
"""Asks stepcastd and a real OctoPrint the same, on this machine, one after the other, by wrk.

usage: beside_octoprint.py path/to/stepcastd [--peers build/peers] [--seconds N] [--connections N]

Both have one virtual printer, idle and connected, and are asked with an API key. Prints requests
per second and the 99th percentile for each end point, and how many times as many stepcastd answers.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEY = "a-key-for-benchmarks"
ENDPOINTS = ["/api/version", "/api/printer", "/api/job"]


def measure(url, key, path, options):
    out = subprocess.run(
        ["wrk", "--latency", "--timeout", "30s", "-t1", f"-c{options.connections}",
         f"-d{options.seconds}s", "-H", f"X-Api-Key: {key}", url + path],
        check=True, capture_output=True, text=True).stdout
    if errors := re.search(r"(Socket errors.*|Non-2xx.*)", out):
        sys.exit(f"{url}{path}: {errors[1]}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), re.search(r"99%\s+(\S+)", out)[1]


def measure_octoprint(folder, options):
    octoprint = subprocess.Popen(
        [options.peers / "bin" / "python", "-B", ROOT / "tests/peers/octoprint_server.py", folder, KEY],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        for line in octoprint.stdout:
            if found := re.match(r"port (\d+)", line):
                url = f"http://127.0.0.1:{found[1]}"
                return {path: measure(url, KEY, path, options) for path in ENDPOINTS}
        sys.exit("OctoPrint does not start")
    finally:
        octoprint.kill()
        octoprint.wait()


def measure_stepcast(folder, options):
    os.environ["STEPCASTD"] = str(options.stepcastd)
    os.environ["STEPCAST_SOURCE_DIR"] = str(ROOT)
    sys.path.insert(0, str(ROOT / "tests/e2e/stepcastd"))
    import server_support
    server = server_support.Server(folder).start().set_up()
    try:
        server.wait_for_state("Operational")
        return {path: measure(server.url, server.key, path, options) for path in ENDPOINTS}
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("stepcastd", type=pathlib.Path)
    parser.add_argument("--peers", type=pathlib.Path, default=ROOT / "build/peers")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=16)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        theirs = measure_octoprint(pathlib.Path(folder) / "octoprint", options)
        ours_folder = pathlib.Path(folder) / "stepcast"
        ours_folder.mkdir()
        ours = measure_stepcast(ours_folder, options)
    print(f"{'end point':14} {'OctoPrint':>12} {'p99':>9} {'stepcastd':>12} {'p99':>9} {'times':>7}")
    for path in ENDPOINTS:
        print(f"{path:14} {theirs[path][0]:10.0f}/s {theirs[path][1]:>9} "
              f"{ours[path][0]:10.0f}/s {ours[path][1]:>9} {ours[path][0] / theirs[path][0]:7.0f}")


if __name__ == "__main__":
    main()
