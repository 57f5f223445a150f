#!/usr/bin/env python3
"""Measures `stepcast plan` as a whole: print seconds per CPU second, and memory by file size.

Every figure stands beside the plainest controller, `--planner marlin --compensator none`, measured
in the same run: on a shared machine only the ratio can be compared between runs.
"""

import argparse
import json
import math
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CUBE = ROOT.parent / "shared" / "data" / "gcode" / "cube_prusaslicer.gcode"
BASELINE = ("marlin", "none")
CONTROLLERS = [BASELINE, ("lookahead", "none"), ("lookahead", "lpfbs-paper"),
               ("lookahead", "lpfbs-sharp")]
MEGABYTE = 1_000_000


def plan(stepcast, job, planner, compensator):
    result = subprocess.run([stepcast, "plan", str(job), "--json", "--planner", planner,
                             "--compensator", compensator], capture_output=True, text=True,
                            check=False)
    if result.returncode != 0:
        sys.exit(f"stepcast plan {job}: {result.stderr}")
    return json.loads(result.stdout)


def layer(number):
    """A wavy wall and its infill, some 11 kB of G-code as slicers write it."""
    yield f";LAYER:{number}"
    yield f"G1 Z{0.2 * (number % 1000 + 1):.3f} F300"
    yield "G1 X172.000 Y140.000 F9000"
    yield "G1 F4500"
    turns = 240
    for i in range(turns + 1):
        angle = 2 * math.pi * i / turns
        radius = 30 + 2 * math.sin(12 * angle + 0.05 * number)
        yield (f"G1 X{140 + radius * math.cos(angle):.3f} Y{140 + radius * math.sin(angle):.3f} "
               "E0.02613")
    for row in range(-22, 23):
        end = math.sqrt(24.5 ** 2 - row ** 2) * (1 if row % 2 else -1)
        yield f"G1 X{140 - end:.3f} Y{140 + row:.3f} E0.03327"
        yield f"G1 X{140 + end:.3f} Y{140 + row:.3f} E1.31250"


def write_job(path, size):
    """Whole layers until the file has `size` bytes; after 1000 layers Z begins again."""
    with path.open("w", encoding="ascii") as file:
        file.write("M83\n")
        number = 0
        while file.tell() < size:
            file.write("\n".join(layer(number)) + "\n")
            number += 1


def measure_throughput(args):
    speeds = {controller: [] for controller in CONTROLLERS}
    for _ in range(args.repeats):  # taking turns, so that a busy minute is everybody's
        for controller in CONTROLLERS:
            speeds[controller].append(plan(args.stepcast, args.job, *controller))
    base = statistics.median(p["print_s_per_cpu_s"] for p in speeds[BASELINE])
    print(f"{args.job.name}: median of {args.repeats}, all stages from text to steps")
    print("| planner | compensator | print time, s | print s per CPU s | ratio | lowest to highest |")
    print("|---|---|---|---|---|---|")
    for (planner, compensator), plans in speeds.items():
        values = [p["print_s_per_cpu_s"] for p in plans]
        median = statistics.median(values)
        print(f"| {planner} | {compensator} | {plans[0]['print_time_s']:.1f} | {median:.0f} | "
              f"{median / base:.2f} | {min(values):.0f} to {max(values):.0f} |")


def measure_memory(args):
    print("\nPeak resident memory by size of the file")
    print("| file, MB | compensator | moves | layers | peak, MiB | CPU, s | print s per CPU s |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        job = pathlib.Path(folder) / "job.gcode"
        peaks = {}
        for size in args.megabytes:
            write_job(job, size * MEGABYTE)
            for compensator in ("none", "lpfbs-sharp"):
                report = plan(args.stepcast, job, "lookahead", compensator)
                peaks.setdefault(compensator, []).append(report["peak_rss_mib"])
                print(f"| {job.stat().st_size / MEGABYTE:.1f} | {compensator} | {report['moves']} | "
                      f"{report['layers']} | {report['peak_rss_mib']:.2f} | {report['cpu_s']:.2f} | "
                      f"{report['print_s_per_cpu_s']:.0f} |", flush=True)
    flat = all(max(values) <= (1 + args.growth) * min(values) for values in peaks.values())
    print(f"\nMemory is {'flat' if flat else 'NOT flat'}: within {args.growth:.0%} of each other.")
    return flat


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stepcast", default=ROOT / "build" / "release" / "bin" / "stepcast",
                        help="the program to measure; a release build")
    parser.add_argument("--job", type=pathlib.Path, default=CUBE, help="job of the throughput table")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--megabytes", type=int, nargs="*", default=[1, 100],
                        help="sizes of the memory table; none: leave it out")
    parser.add_argument("--growth", type=float, default=0.1,
                        help="share by which memory may grow from the smallest to the largest file")
    args = parser.parse_args()
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"],
                            capture_output=True, text=True, check=False).stdout.strip()
    print(f"commit {commit or 'unknown'}, {platform.machine()}, {platform.system()}\n")
    if args.job.exists():
        measure_throughput(args)
    else:
        print(f"throughput not measured: {args.job} is not there")
    if args.megabytes and not measure_memory(args):
        sys.exit(1)


if __name__ == "__main__":
    main()
