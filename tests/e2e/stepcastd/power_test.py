"""A part goes on after the power of printer and server was cut, because a person says so."""

import os
import re
import signal
import socket
import subprocess
import time
import unittest

from server_support import TestCase

LINES = 200
JOB = ("M83\nM140 S40\nM190 S40\nM109 S180\n;LAYER:0\nG1 Z0.3 F300\nG1 X20 Y20 F6000\n" +
       "".join(f"G1 X{70 if i % 2 == 0 else 20} Y{20 + i * 0.5} E1 F3000\n" for i in range(LINES)))


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class PowerCut(TestCase):

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

    def test_a_print_goes_on_where_it_was_and_is_booked_once(self):
        port = free_port()
        device = self.device(port)
        server = self.serve_ready(speed=50, printer=f'device = "127.0.0.1:{port}"\n')
        self.assertEqual(server.upload([("print", "true"), ("file", "part.gcode", JOB.encode())])
                         .status, 201)
        state = lambda: server.get("/api/v1/printers/taz6/state").json()
        self.wait_until(lambda: state()["progress"]["share"] > 0.4)
        device.send_signal(signal.SIGKILL)
        server.stop(signal.SIGKILL)
        device.wait()

        self.device(port)
        server.start()
        server.wait_for_state("Operational")
        former = self.wait_until(lambda: state()["recovery"])
        rows = server.get("/api/v1/jobs").json()["items"]
        self.assertEqual([(row["id"], row["state"]) for row in rows], [(former["job"], "failed")])
        self.assertIn("switched off", rows[0]["reason"])
        self.assertIn("recover", server.get("/api/v1/printers/taz6").json()["features"])

        recover = "/api/v1/printers/taz6/recover"
        for claims in ({"part_is_firm": False, "xy_is_home": True},
                       {"part_is_firm": True, "xy_is_home": False}, {"part_is_firm": True}):
            self.assertEqual(server.post(recover, claims).status // 100, 4, claims)
        self.assertEqual(state()["state"], "Operational", "nothing has begun")
        yes = {"part_is_firm": True, "xy_is_home": True}
        reply = server.post(recover, yes)
        self.assertEqual(reply.status, 202, reply.body)
        self.wait_until(lambda: state()["state"] == "Operational")
        rest, broken = server.get("/api/v1/jobs").json()["items"]
        self.assertEqual((rest["state"], rest["recovers"]), ("done", broken["id"]), rest["reason"])
        self.assertIsNone(broken["recovers"])
        self.assertLess(rest["actual_s"], 0.9 * broken["estimated_s"], "only what was left")
        position = state()["position_mm"]
        last = re.findall(r"X(\S+) Y(\S+)", JOB)[-1]
        self.assertAlmostEqual(position["x"], float(last[0]), places=1)
        self.assertAlmostEqual(position["y"], float(last[1]), places=1)
        self.assertAlmostEqual(position["z"], 0.3, places=2)
        self.assertIsNone(state()["recovery"])
        self.assertEqual(server.post(recover, yes).status, 404, "only once")
        trail = server.get("/api/v1/audit").json()["items"]
        self.assertIn("printer.recover", [entry["action"] for entry in trail])


if __name__ == "__main__":
    unittest.main(verbosity=2)
