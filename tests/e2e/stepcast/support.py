"""What the end-to-end tests share: the program, a device as a process, and jobs on disk."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import unittest

STEPCAST = os.environ.get("STEPCAST", "stepcast")
SOURCE_DIR = pathlib.Path(os.environ.get("STEPCAST_SOURCE_DIR", pathlib.Path(__file__).parents[3]))
SHARED_DIR = pathlib.Path(os.environ.get("STEPCAST_SHARED_DIR", SOURCE_DIR.parent / "shared"))
EXAMPLES = SOURCE_DIR / "examples"
MOTORS = "xyze"

# Far above what anything takes, also with sanitizers on a busy machine: only a hang gets here.
TIMEOUT_S = 120

# As `stepcast --help` lists them.
USAGE, BAD_INPUT, NO_PEER, PRINT_FAILED, IO_FAILED, STOPPED = 2, 3, 4, 5, 6, 130


def stepcast(*args, stdin=None, env=None):
    """Runs the program to its end."""
    return subprocess.run([STEPCAST, *map(str, args)], input=stdin, env=env, text=True,
                          capture_output=True, timeout=TIMEOUT_S, check=False)


def wavy_job(rows):
    """A job of so many rows with two motors in motion all the time, about 0.27 s a row."""
    lines = ["M83", "G1 F4500"]
    for row in range(rows):
        x = 20 if row % 2 == 0 else 0
        lines.append(f"G1 X{x} Y{0.5 + row % 7} E0.1")
    return "\n".join(lines) + "\n"


class Device:
    """`stepcast device` on a free port, with virtual motors, until the end of a with statement."""

    def __init__(self, *args, heaters=False):
        self.args = args
        self.heaters = heaters
        self.stopped = None

    def __enter__(self):
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen(
            [STEPCAST, "device", "--port", "0",
             *([] if self.heaters else ["--no-heaters"]), *map(str, self.args)],
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        greeting = self.process.stderr.readline()
        found = re.search(r"on (\S+):(\d+) ", greeting)
        if not found:
            self.process.kill()
            raise AssertionError(f"no port in {greeting!r}{self.process.communicate()[1]!r}")
        self.port = int(found[2])
        self.address = f"127.0.0.1:{self.port}"
        return self

    def stop(self):
        """Ctrl-C. Returns the exit status and where the device says it stopped."""
        if self.stopped is None:
            self.process.send_signal(signal.SIGINT)
            text = self.process.communicate(timeout=TIMEOUT_S)[1]
            where = re.search(r"Stopped at x (\S+) y (\S+) z (\S+) e (\S+) steps", text)
            self.stopped = (self.process.returncode,
                            dict(zip(MOTORS, map(int, where.groups()))) if where else text)
        return self.stopped

    def __exit__(self, *_):
        self.stop()

    def ask(self, *lines):
        """Sends control lines on a link of its own and returns the replies."""
        with socket.create_connection(("127.0.0.1", self.port), TIMEOUT_S) as link:
            reader = link.makefile("r")
            replies = []
            for line in lines:
                link.sendall(f"{line}\n".encode())
                replies.append(reader.readline().strip())
            return replies

    def status(self):
        return pairs(self.ask("status")[0])


def pairs(reply):
    """The key=value pairs of a control reply."""
    return dict(word.split("=", 1) for word in reply.split() if "=" in word)


def positions(status):
    return {motor: int(status[motor]) for motor in MOTORS}


def decode_ticks(ticks):
    """Net steps and pulses of each motor in recorded ticks (protocol/step-stream.md section 3)."""
    net, pulses = dict.fromkeys(MOTORS, 0), dict.fromkeys(MOTORS, 0)
    counts = [0] * 256
    for tick in ticks:
        counts[tick] += 1
    for tick, count in enumerate(counts):
        for bit, motor in enumerate(MOTORS):
            if tick >> bit & 1:
                pulses[motor] += count
                net[motor] += count if tick >> (bit + 4) & 1 else -count
    return net, pulses


class TestCase(unittest.TestCase):
    """With a folder that goes away, and the questions that all tests ask."""

    maxDiff = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()  # pylint: disable=consider-using-with
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def job(self, text, name="job.gcode"):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def shared_job(self, name):
        path = SHARED_DIR / "data" / "gcode" / name
        if not path.exists():
            self.skipTest(f"{path} is not there")
        return path

    def json_of(self, result):
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def assert_refused(self, result, status, *words):
        """One clear message on standard error, nothing on standard output, and the status."""
        self.assertEqual(result.returncode, status, result.stdout + result.stderr)
        self.assertEqual(result.stdout, "")
        if status == USAGE and "stepcast:" not in result.stderr:
            self.assertIn("Run with --help for more information.", result.stderr)
        else:
            messages = [l for l in result.stderr.splitlines() if l.startswith("stepcast:")]
            self.assertEqual(len(messages), 1, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
