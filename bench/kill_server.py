#!/usr/bin/env python3
"""Kills a busy stepcastd at random moments and counts what it has lost of what it acknowledged.

    bench/kill_server.py build/release/apps/stepcastd/stepcastd [--kills 500] [--seed 1]

Prints also how long the daemon takes from exec to ready, and what it holds in memory while idle.
"""

import argparse
import os
import pathlib
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
IDLE_S = 3


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("stepcastd")
    options.add_argument("--kills", type=int, default=500)
    options.add_argument("--seed", type=int, default=1)
    options = options.parse_args()
    os.environ["STEPCASTD"] = options.stepcastd
    os.environ["STEPCAST_SOURCE_DIR"] = str(ROOT)
    sys.path.insert(0, str(ROOT / "tests" / "e2e" / "stepcastd"))
    from kill_support import BusyServer  # pylint: disable=import-outside-toplevel

    lost = 0
    with tempfile.TemporaryDirectory() as folder:
        busy = BusyServer(pathlib.Path(folder), options.seed)
        busy.start()
        time.sleep(IDLE_S)
        idle_kib = busy.idle_memory_kib()
        began = time.monotonic()
        for kill in range(options.kills):
            busy.kill_while_busy()
            busy.start()
            for broken in busy.broken_promises():
                lost += 1
                print(f"kill {kill + 1}: {broken}", flush=True)
            if (kill + 1) % 50 == 0:
                print(f"{kill + 1} kills, {lost} lost, {time.monotonic() - began:.0f} s",
                      flush=True)
        busy.server.stop()
        promises = busy.promises
    starts_ms = sorted(1000 * s for s in busy.start_times_s)
    print(f"kills {options.kills}  seed {options.seed}")
    print(f"acknowledged: {len(promises.files)} uploads and deletions, {len(promises.started)} "
          f"prints started, {len(promises.ended)} seen to end, {len(promises.events)} events")
    print(f"lost or changed: {lost}")
    print(f"start to ready: median {statistics.median(starts_ms):.0f} ms, "
          f"p99 {starts_ms[int(0.99 * (len(starts_ms) - 1))]:.0f} ms (aim: below 300)")
    print(f"idle memory: {idle_kib / 1024:.1f} MiB (aim: below 40)")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
