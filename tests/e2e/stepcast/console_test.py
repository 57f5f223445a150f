"""`stepcast console`: the commands of the device, typed or piped."""

import socket
import unittest

from support import (NO_PEER, PRINT_FAILED, Device, TestCase, pairs, positions,
                     stepcast)


class Console(TestCase):

    def test_answers_the_five_commands_from_a_pipe(self):
        with Device() as device:
            result = stepcast("console", "--device", device.address,
                              stdin="init\njog x +1000\nstop\nstart\nexit\n")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            replies = result.stdout.splitlines()
            self.assertEqual([reply.split()[:2] for reply in replies],
                             [["ok", verb] for verb in ("init", "jog", "stop", "start", "exit")])
            greeting = pairs(replies[0])
            self.assertEqual((greeting["protocol"], greeting["version"], greeting["tick_hz"]),
                             ("paper", "1", "20000"))
            self.assertEqual(pairs(replies[-1])["state"], "idle")

    def test_jogs_each_motor_by_as_many_steps_as_it_is_told(self):
        counts = {"x": 300, "y": -200, "z": 150, "e": -1}
        with Device() as device:
            device.ask("init")
            for motor, count in counts.items():
                # The link may go while the motor turns.
                result = stepcast("console", "--device", device.address,
                                  stdin=f"jog {motor} {count:+}\n")
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                while device.status()["state"] == "jogging":
                    pass
            self.assertEqual(positions(device.status()), counts)

    def test_exits_with_a_status_when_a_line_was_refused(self):
        with Device() as device:
            result = stepcast("console", "--device", device.address,
                              stdin="init\njog x 100\nfly\nexit\n")
            self.assertEqual(result.returncode, PRINT_FAILED)
            replies = result.stdout.splitlines()
            self.assertEqual([reply.split()[:2] for reply in replies],
                             [["ok", "init"], ["err", "argument"], ["err", "command"],
                              ["ok", "exit"]])
            self.assertEqual(positions(device.status()), dict.fromkeys("xyze", 0))

    def test_explains_the_commands(self):
        with Device() as device:
            result = stepcast("console", "--device", device.address, stdin="help\n")
            self.assertEqual(result.returncode, 0)
            for verb in ("init", "jog", "start", "stop", "exit", "status"):
                self.assertIn(f"  {verb} ", result.stdout)

    def test_says_that_the_device_is_busy(self):
        with Device() as device:
            with socket.create_connection(("127.0.0.1", device.port)) as first:
                first.sendall(b"init\n")
                first.recv(4096)
                result = stepcast("console", "--device", device.address, stdin="status\n")
                self.assertEqual(result.returncode, NO_PEER)
                self.assertIn("another controller", result.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
