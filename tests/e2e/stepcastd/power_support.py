"""Cuts the power of a printer and its server in mid-print."""

import os
import signal
import socket
import subprocess
import time

from server_support import TestCase

LINES = 200
HEAD = "M83\nM140 S40\nM190 S40\nM109 S180\n;LAYER:0\nG1 Z0.3 F300\nG1 X20 Y20 F6000\n"


def line(i):
    return f"G1 X{70 if i % 2 == 0 else 20} Y{20 + i * 0.5} E1 F3000\n"


def flat_job():
    """Stays at one height."""
    return HEAD + "".join(line(i) for i in range(LINES))


def hopping_job():
    """Is at another height every second: who is cut off nobody knows where."""
    return HEAD + "".join(line(i) + "G1 Z0.6 F300\nG1 Z0.3\n" for i in range(LINES))


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class PowerTestCase(TestCase):

    def device(self, port):
        device = subprocess.Popen([os.environ["STEPCAST"], "device", "--port", str(port)],
                                  stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(device.wait)
        self.addCleanup(device.kill)
        return device

    def wait_until(self, condition):
        end = time.monotonic() + 120
        while not (found := condition()):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.02)
        return found

    def state(self, server):
        return server.get("/api/v1/printers/taz6/state").json()

    def cut(self, job=None):
        """A print that was broken off; printer and server are up again."""
        port = free_port()
        device = self.device(port)
        server = self.serve_ready(speed=50, printer=f'device = "127.0.0.1:{port}"\n')
        part = (job or flat_job()).encode()
        self.assertEqual(server.upload([("print", "true"), ("file", "part.gcode", part)]).status,
                         201)
        self.wait_until(lambda: self.state(server)["progress"]["share"] > 0.4)
        device.send_signal(signal.SIGKILL)
        server.stop(signal.SIGKILL)
        device.wait()
        self.device(port)
        server.start()
        server.wait_for_state("Operational")
        self.wait_until(lambda: self.state(server)["recovery"])
        return server
