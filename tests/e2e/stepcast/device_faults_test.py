"""Devices that are not there, are somebody else's, or speak something else."""

import socket
import subprocess
import threading
import unittest

from support import (BAD_INPUT, EXAMPLES, MOTORS, NO_PEER, PRINT_FAILED, STEPCAST, TIMEOUT_S, USAGE,
                     Device, TestCase, positions, stepcast)

INIT_REPLY = ("ok init protocol={protocol} version={version} session=0123456789abcdef first=0 "
              "fifo=100 batch=10 packet_ticks=1200 tick_hz=20000 motors=xyze virtual=1 executed=0 "
              "x=0 y=0 z=0 e=0\n")

STATUS_REPLY = "ok status state=idle executed=0 x=0 y=0 z=0 e=0 session=0000000000000000\n"


class FakeDevice:
    """Answers every line with a text of its own, `status` as its caller wants; notes the lines."""

    def __init__(self, reply, status=None):
        self.reply = reply.encode()
        self.status = self.reply if status is None else status.encode()
        self.heard = []

    def __enter__(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.server.getsockname()[1]}"
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self

    def serve(self):
        while True:
            try:
                link = self.server.accept()[0]
            except OSError:
                return
            with link:
                try:
                    while line := link.recv(4096):
                        self.heard.append(line.decode())
                        link.sendall(self.status if line.startswith(b"status") else self.reply)
                except OSError:
                    pass

    def __exit__(self, *_):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.thread.join()


def print_on(address, *options):
    return stepcast("print", EXAMPLES / "square.gcode", "--device", address, "--speed", "max",
                    *options)


class WrongAddress(TestCase):

    def test_is_a_matter_of_the_command_line(self):
        for address in ("", "localhost", "localhost:", ":9000", "localhost:0", "localhost:99999",
                        "localhost:-1", "localhost:http", "[::1", "[::1]", "a b:9000 c"):
            with self.subTest(address=address):
                result = print_on(address)
                self.assertEqual(result.returncode, USAGE, result.stderr)
                self.assertEqual(result.stdout, "")
                self.assertNotEqual(result.stderr, "")

    def test_where_nobody_listens(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        result = print_on(f"127.0.0.1:{port}")
        self.assert_refused(result, NO_PEER, f"127.0.0.1:{port}", "check that the device is on")
        result = stepcast("console", "--device", f"127.0.0.1:{port}", stdin="init\n")
        self.assert_refused(result, NO_PEER, f"127.0.0.1:{port}")

    def test_of_a_host_that_nobody_knows(self):
        self.assert_refused(print_on("no-such-printer.invalid:9000"), NO_PEER,
                            "no-such-printer.invalid:9000")


class WrongPeer(TestCase):

    def refuse(self, reply, *words):
        """Whether it is strange from the first question on, or only when a session is to begin."""
        for status in (None, STATUS_REPLY):
            with FakeDevice(reply, status) as fake, self.subTest(status=status):
                self.assert_refused(print_on(fake.address), NO_PEER, fake.address, *words)
                self.assertTrue(any(line.startswith("init") for line in fake.heard))

    def test_of_another_protocol_version(self):
        self.refuse(INIT_REPLY.format(protocol="paper", version=2), "paper version 2",
                    "paper version 1", "update")

    def test_of_another_protocol(self):
        self.refuse(INIT_REPLY.format(protocol="queue", version=1), "queue version 1")

    def test_that_is_no_device(self):
        self.refuse("HTTP/1.1 400 Bad Request\r\n", "no reply to init")
        self.refuse("\x00\xff\n".encode("latin-1").decode("latin-1"), "no reply to init")

    def test_with_a_greeting_that_makes_no_sense(self):
        good = INIT_REPLY.format(protocol="paper", version=1)
        for find, replacement in (("session=0123456789abcdef", "session=xyz"),
                                  ("fifo=100", "fifo=5"), ("fifo=100", "fifo=4294967295"),
                                  ("batch=10", "batch=11"), ("packet_ticks=1200", ""),
                                  ("x=0", "x=99999999999"), ("first=0", "first=-1")):
            with self.subTest(replacement=replacement):
                self.refuse(good.replace(find, replacement, 1))

    def test_that_floods_the_link_without_a_line_end(self):
        self.refuse("a" * 100_000)

    def test_that_never_answers(self):
        self.refuse("", "init")


class BusyDevice(TestCase):

    def test_refuses_a_second_controller_and_keeps_the_first(self):
        with Device() as device:
            with socket.create_connection(("127.0.0.1", device.port)) as first:
                reader = first.makefile("r")
                first.sendall(b"init\n")
                self.assertTrue(reader.readline().startswith("ok init"))
                self.assert_refused(print_on(device.address), NO_PEER, "another controller")
                first.sendall(b"status\n")
                reply = reader.readline()
                self.assertIn("state=ready", reply)
                self.assertIn("x=0 y=0 z=0 e=0", reply)


class WrongDevice(TestCase):

    def test_with_another_step_grid_moves_nothing(self):
        with Device("--tick-rate", "40000") as device:
            result = print_on(device.address)
            self.assertIn(result.returncode, (NO_PEER, BAD_INPUT), result.stderr)
            self.assertEqual(result.stdout, "")
            self.assertIn("40000", result.stderr)
            self.assertEqual(positions(device.status()), dict.fromkeys(MOTORS, 0))

    def test_that_goes_away_in_mid_print_ends_the_print_with_an_error(self):
        job = self.job("G1 F600\n" + "G1 X20\nG1 X0\n" * 2000)
        with Device() as device:
            # pylint: disable=consider-using-with
            process = subprocess.Popen([STEPCAST, "print", str(job), "--device", device.address],
                                       stderr=subprocess.PIPE, text=True)
            self.addCleanup(process.kill)
            for line in process.stderr:
                if "RTT" in line:
                    break
            device.process.kill()
            text = process.communicate(timeout=TIMEOUT_S)[1]
            self.assertIn(process.returncode, (NO_PEER, PRINT_FAILED), text)
            self.assertEqual(text.count("stepcast:"), 1, text)
            self.assertIn("the last tick it reported is", text)
            device.stopped = (None, None)
            device.process.communicate()


if __name__ == "__main__":
    unittest.main(verbosity=2)
