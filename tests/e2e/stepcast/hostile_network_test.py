"""Garbage and forgeries on the data port while a print runs: the print is exact all the same."""

import random
import socket
import struct
import subprocess
import threading
import unittest

from support import (EXAMPLES, MOTORS, STEPCAST, TIMEOUT_S, Device, TestCase, pairs, positions,
                     stepcast, wavy_job)

MAGIC = b"SCPP"


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def packet(session, number, ticks, *, kind=1, version=1, flags=0, length=None, reserved=0):
    """A data packet (protocol/step-stream.md section 4); its CRC is always right."""
    head = MAGIC + struct.pack("<BBBBQIHH", version, kind, flags, 0, session, number & 0xFFFFFFFF,
                               len(ticks) if length is None else length, reserved)
    return head + struct.pack("<I", crc32c(head + ticks)) + ticks


def forgeries(session):
    """Datagrams that look more or less like the real thing; none of them may do anything."""
    steps = bytes([0xFF]) * 1200
    yield b""
    yield MAGIC
    yield packet(session ^ 1, 0, steps)
    yield packet(0, 0, steps, flags=1)
    yield packet(session, 0, steps, version=2)
    yield packet(session, 0, steps, kind=9)
    yield packet(session, 0, steps, length=65535)
    yield packet(session, 0, steps, length=0)
    yield packet(session, 0, steps[:3], length=1200)
    yield packet(session, 0, steps + steps)
    yield packet(session, 0, steps[:100])
    yield packet(session, 0, steps, flags=0x80)
    yield packet(session, 0, steps, reserved=1)
    yield packet(session, 0, b"", kind=3, flags=1)
    yield packet(session, 5000, steps)
    yield packet(session, -500, steps, flags=1)
    damaged = bytearray(packet(session, 0, steps))
    damaged[600] ^= 1
    yield bytes(damaged)
    yield packet(session, 0, steps)[:-1]
    yield bytes(65507)


class Forgeries(TestCase):

    def test_are_dropped_by_a_device_that_waits(self):
        with Device() as device:
            with socket.create_connection(("127.0.0.1", device.port)) as link, \
                    socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                reader = link.makefile("r")
                link.sendall(b"init\n")
                session = int(pairs(reader.readline())["session"], 16)
                for forgery in forgeries(session):
                    udp.sendto(forgery, ("127.0.0.1", device.port))
                # One that is right, and a question; when that is answered the others have been read.
                # The forgery of an earlier batch is answered as well: it may be a late repeat.
                udp.sendto(packet(session, 1, bytes(1200)), ("127.0.0.1", device.port))
                udp.sendto(packet(session, 1, b"", kind=3), ("127.0.0.1", device.port))
                udp.settimeout(TIMEOUT_S)
                echo = None
                while echo != 1:
                    ack = udp.recv(2048)
                    self.assertEqual((ack[:4], len(ack)), (MAGIC, 72))
                    base, bitmap = struct.unpack_from("<IH", ack, 20)
                    echo = struct.unpack_from("<I", ack, 36)[0]
                self.assertEqual((base, bitmap), (0, 0b10))
                link.sendall(b"status\n")
                status = pairs(reader.readline())
                self.assertEqual(status["state"], "ready")
                self.assertEqual(positions(status), dict.fromkeys(MOTORS, 0))


class Flood(TestCase):

    def test_of_garbage_and_forgeries_does_not_change_a_step(self):
        job = self.job(wavy_job(120))
        record = self.folder / "executed.ticks"
        with Device("--record", record) as quiet:
            self.json_of(stepcast("print", job, "--device", quiet.address, "--speed", "max",
                                  "--json"))
        expected = record.read_bytes()
        self.assertGreater(len(expected), 100_000)
        done = threading.Event()
        with Device("--record", record) as device:
            thread = threading.Thread(target=self.flood, args=(device.port, done))
            thread.start()
            try:
                report = self.json_of(stepcast("print", job, "--device", device.address,
                                               "--speed", "20", "--json"))
            finally:
                done.set()
                thread.join()
            self.assertEqual(report["position_error_steps"], dict.fromkeys(MOTORS, 0))
            self.assertEqual(report["pauses"], 0)
            self.assertEqual(positions(device.status()), report["steps_executed"])
        self.assertGreater(self.sent, 100)
        self.assertEqual(record.read_bytes(), expected)

    def flood(self, port, done):
        """Two thousand datagrams a second, until the print is over."""
        self.sent = 0
        dice = random.Random(7)
        forged = list(forgeries(dice.getrandbits(64)))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            while not done.wait(0.01):
                for _ in range(20):
                    garbage = dice.randbytes(dice.choice((0, 1, 27, 28, 72, 1228, 1229, 9000)))
                    udp.sendto(dice.choice([garbage, *forged]), ("127.0.0.1", port))
                    self.sent += 1

    def test_of_control_connections_does_not_change_a_step(self):
        job = self.job(wavy_job(60))
        with Device() as device:
            # pylint: disable=consider-using-with
            process = subprocess.Popen([STEPCAST, "print", str(job), "--device", device.address,
                                        "--speed", "20", "--json"], stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)
            self.addCleanup(process.kill)
            refused = 0
            while process.poll() is None:
                with socket.create_connection(("127.0.0.1", device.port), TIMEOUT_S) as link:
                    try:
                        link.sendall(b"stop\nexit\n" + b"x" * 1000)
                        refused += b"busy" in link.recv(100)
                    except OSError:
                        pass
                if refused > 20:
                    break
            out, text = process.communicate(timeout=TIMEOUT_S)
            if "another controller" in text:  # one of ours came first: then nothing has moved
                return
            self.assertEqual(process.returncode, 0, text)
            self.assertIn('"finished": true', out)
            self.assertGreater(refused, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
