"""`stepcast print` on `stepcast device`: two processes and real sockets."""

import json
import re
import signal
import subprocess
import unittest

from support import (EXAMPLES, MOTORS, STEPCAST, STOPPED, TIMEOUT_S, Device, TestCase,
                     decode_ticks, positions, stepcast, wavy_job)


class Print(TestCase):

    def print_json(self, device, job, *args):
        return self.json_of(stepcast("print", job, "--device", device.address, "--speed", "max",
                                     "--json", *args))

    def test_brings_every_step_and_reports_it(self):
        plan = self.json_of(stepcast("plan", EXAMPLES / "zigzag.gcode", "--json"))
        with Device() as device:
            report = self.print_json(device, EXAMPLES / "zigzag.gcode")
            self.assertTrue(report["finished"])
            self.assertTrue(report["virtual_motors"])
            self.assertEqual(report["steps_executed"], plan["steps"])
            self.assertEqual(report["position_error_steps"], dict.fromkeys(MOTORS, 0))
            self.assertEqual(report["ticks_executed"], plan["ticks"])
            self.assertEqual(report["ticks_planned"], plan["ticks"])
            self.assertEqual(report["pauses"], 0)
            self.assertEqual(report["packets"], -(-plan["ticks"] // 1200))
            self.assertIsInstance(report["retransmissions"], int)
            self.assertGreaterEqual(report["bytes_sent"], plan["ticks"] + 28 * report["packets"])
            self.assertEqual(positions(device.status()), plan["steps"])
            self.assertEqual(device.stop(), (0, plan["steps"]))

    def test_executes_the_ticks_of_the_plan(self):
        for compensator in ("none", "lpfbs-sharp"):
            with self.subTest(compensator=compensator):
                record = self.folder / f"{compensator}.ticks"
                options = ("--compensator", compensator)
                plan = self.json_of(stepcast("plan", EXAMPLES / "circle.gcode", "--json",
                                             *options))
                with Device("--record", record) as device:
                    self.print_json(device, EXAMPLES / "circle.gcode", *options)
                    self.assertEqual(device.stop()[0], 0)
                ticks = record.read_bytes()
                self.assertEqual(len(ticks), plan["ticks"])
                net, pulses = decode_ticks(ticks)
                self.assertEqual(net, plan["steps"])
                self.assertEqual(pulses, plan["step_pulses"])

    def test_heats_as_the_job_says_and_leaves_the_device_cold(self):
        job = self.folder / "hot.gcode"
        job.write_text("M83\nM190 S50\nM109 S200\nG1 X20 F6000\nM106 S255\nG1 X40 E1\nM107\n"
                       "G1 X60 E1\n")
        plan = self.json_of(stepcast("plan", job, "--json"))
        with Device(heaters=True) as device:
            report = self.print_json(device, job)
            self.assertTrue(report["finished"])
            self.assertEqual(report["heat_actions"], 4)
            self.assertEqual(report["steps_executed"], plan["steps"])
            [temps] = device.ask("temps")
            self.assertRegex(temps, r" fault=none .*fan=0 tool0=(19|20)\d\.\d\d tool0_target=0.00 ")
        with Device() as device:
            self.assertEqual(self.print_json(device, job)["heat_actions"], 0)

    def test_refuses_to_extrude_cold(self):
        job = self.folder / "cold.gcode"
        job.write_text("M83\nM104 S200\nG1 X20 E1 F6000\n")
        with Device("--record", self.folder / "ticks", heaters=True) as device:
            result = stepcast("print", job, "--device", device.address, "--speed", "max")
            self.assertNotEqual(result.returncode, 0)
            self.assertIn("cold.gcode:3", result.stderr)
            self.assertIn("M109", result.stderr)
            device.stop()
        self.assertEqual((self.folder / "ticks").read_bytes(), b"")

    def test_executes_the_same_bytes_at_every_speed(self):
        records = []
        for speed in ("max", "20", "3"):
            records.append(self.folder / f"{speed}.ticks")
            with Device("--record", records[-1]) as device:
                self.json_of(stepcast("print", EXAMPLES / "square.gcode", "--device",
                                      device.address, "--speed", speed, "--json"))
        self.assertEqual(len({record.read_bytes() for record in records}), 1)

    def test_of_a_second_job_begins_where_the_first_one_ended(self):
        one_way = self.job("M83\nG1 X10 Y5 E1 F4500\n")
        plan = self.json_of(stepcast("plan", one_way, "--json"))
        with Device() as device:
            for _ in range(2):
                report = self.print_json(device, one_way)
                self.assertEqual(report["steps_executed"], plan["steps"])
            self.assertEqual(positions(device.status()),
                             {motor: 2 * plan["steps"][motor] for motor in MOTORS})

    def test_of_a_core_xy_drives_the_belts(self):
        with Device() as device:
            report = self.print_json(device, self.job("G1 X10 F4500\n"), "--printer", "corexy")
            self.assertEqual(report["steps_executed"], {"x": 800, "y": 800, "z": 0, "e": 0})

    def test_on_another_step_grid_that_both_know(self):
        with Device("--tick-rate", "40000") as device:
            report = self.print_json(device, EXAMPLES / "square.gcode", "--tick-rate", "40000")
            self.assertEqual(report["position_error_steps"], dict.fromkeys(MOTORS, 0))

    def test_tells_people_that_nothing_was_lost(self):
        with Device() as device:
            result = stepcast("print", EXAMPLES / "square.gcode", "--device", device.address,
                              "--speed", "max")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertIn("Printed square.gcode on a virtual LulzBot TAZ 6", result.stdout)
            self.assertIn("0 pauses", result.stdout)
            self.assertNotIn("\033", result.stdout + result.stderr)

    def test_of_a_real_job_loses_no_step(self):
        job = self.shared_job("slic3r_reprap_snowman.gcode")
        plan = self.json_of(stepcast("plan", job, "--json"))
        with Device() as device:
            report = self.print_json(device, job)
            self.assertEqual(report["steps_executed"], plan["steps"])
            self.assertEqual(report["position_error_steps"], dict.fromkeys(MOTORS, 0))


class Interrupted(TestCase):

    def begin(self, device, *args):
        """Starts a print in real time and returns once the motors move."""
        # pylint: disable=consider-using-with
        process = subprocess.Popen(
            [STEPCAST, "print", str(self.job(wavy_job(400))), "--device", device.address, *args],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        for line in process.stderr:
            share = re.search(r"([\d.]+) %", line)
            if share and float(share[1]) > 0 and "[" not in line:
                return process
        self.fail(f"it never moved: {process.communicate()}")

    def test_print_holds_the_machine_and_says_where(self):
        for interrupt in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(signal=interrupt.name), Device() as device:
                process = self.begin(device, "--json")
                process.send_signal(interrupt)
                text = process.communicate(timeout=TIMEOUT_S)[0]
                self.assertEqual(process.returncode, STOPPED)
                report = json.loads(text)
                self.assertFalse(report["finished"])
                self.assertGreater(report["ticks_executed"], 0)
                self.assertLess(report["ticks_executed"], report["ticks_planned"])
                status = device.status()
                self.assertEqual(status["state"], "idle")
                self.assertEqual(positions(status), report["steps_executed"])
                self.assertEqual(positions(device.status()), report["steps_executed"])

    def test_print_leaves_at_once_at_the_second_ctrl_c_and_the_device_holds_by_itself(self):
        with Device() as device:
            process = self.begin(device)
            process.kill()
            process.communicate()
            # The device goes on by what it has, and stops by itself; its own Ctrl-C ends it sooner.
            status, where = device.stop()
            self.assertEqual(status, 0)
            self.assertNotEqual(where, dict.fromkeys(MOTORS, 0))


class Demo(TestCase):

    def test_prints_a_job_on_a_printer_of_its_own(self):
        result = stepcast("demo", EXAMPLES / "square.gcode", "--speed", "max")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("Printed square.gcode on a virtual LulzBot TAZ 6", result.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
