#!/usr/bin/env python3
"""Print times of the three planners on a job, at the accelerations of the paper.

usage: bench/print_times.py FILE.gcode... [--stepcast PATH] [--oracle FOLDER]

--oracle names the folder with the numpy models (print_time.py); then every time is compared with
its model, and the largest difference is printed.
"""
import argparse
import json
import pathlib
import subprocess
import sys

ACCELERATIONS_MM_S2 = (500, 1000, 5000, 10000)
PLANNERS = {"marlin": "trapezoid_jerk", "jlmcg": "full_stop", "lookahead": "lookahead_jd"}
# Inventions 2018 3(3) 56, Tables 2 and 3: another slice of the same cube.
PAPER = {"marlin": "37:34 30:23 21:40 20:48", "jlmcg": "50:24 37:50 24:35 22:40"}


def clock(seconds):
    return f"{int(seconds + 0.5) // 60}:{int(seconds + 0.5) % 60:02}"


def planned(stepcast, job, planner, acceleration):
    run = subprocess.run(
        [stepcast, "plan", job, "--printer", "taz6", "--planner", planner, "--compensator", "none",
         "--acceleration", str(acceleration), "--json"], capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(run.stderr)
    return json.loads(run.stdout)["print_time_s"]


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("jobs", nargs="+")
    parser.add_argument("--stepcast", default=str(root / "build/release/apps/stepcast/stepcast"))
    parser.add_argument("--oracle")
    options = parser.parse_args()
    if options.oracle:
        sys.path.insert(0, options.oracle)
        import print_time
    worst = 0.0
    for job in options.jobs:
        print(f"{pathlib.Path(job).name}, min:s at 0.5 / 1 / 5 / 10 m/s2")
        moves = print_time.parse(open(job).read()) if options.oracle else None
        for planner, model in PLANNERS.items():
            times = [planned(options.stepcast, job, planner, a) for a in ACCELERATIONS_MM_S2]
            line = f"  {planner:10} " + "  ".join(f"{clock(t):>6}" for t in times)
            if moves:
                models = [print_time.model_time(moves, model, a) for a in ACCELERATIONS_MM_S2]
                shares = [100 * (t / m - 1) for t, m in zip(times, models)]
                worst = max([worst] + [abs(s) for s in shares])
                line += "   model " + "  ".join(f"{clock(m):>6}" for m in models)
                line += "   " + "  ".join(f"{s:+.2f} %" for s in shares)
            if planner in PAPER:
                line += f"   paper {PAPER[planner]}"
            print(line)
    if options.oracle:
        print(f"largest difference from the models: {worst:.2f} %")


if __name__ == "__main__":
    main()
