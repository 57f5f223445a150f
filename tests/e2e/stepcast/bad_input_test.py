"""Jobs, profiles and values that are wrong: one clear message, a status, and nothing moves."""

import unittest

from support import (BAD_INPUT, EXAMPLES, IO_FAILED, MOTORS, SOURCE_DIR, USAGE, Device, TestCase,
                     positions, stepcast)

# A job as Cura writes it: the number of layers comes first.
CURA = ";FLAVOR:Marlin\n;Generated with Cura_SteamEngine 4.13.0\nM82\n;LAYER_COUNT:3\n" + "".join(
    f";LAYER:{n}\nG0 F6000 X10 Y{10 + n} Z{0.3 * (n + 1):.1f}\nG1 F1800 X40 E{n + 1}\n"
    for n in range(3))


class MovesNothing:
    """Every case is also a print on a device that is there and stands still."""

    def refuse(self, job, status, *words, options=()):
        with Device() as device:
            for command in (["plan", job], ["simulate", job, "--no-plots"],
                            ["print", job, "--device", device.address, "--speed", "max"]):
                with self.subTest(command=command[0], words=words):
                    self.assert_refused(stepcast(*command, *options), status, *words)
            after = device.status()
            self.assertEqual(positions(after), dict.fromkeys(MOTORS, 0))
            self.assertEqual(after["state"], "idle")
            self.assertEqual(after["received"], "0")


class BadJob(MovesNothing, TestCase):

    def refuse_text(self, text, *words, options=()):
        self.refuse(self.job(text), BAD_INPUT, "job.gcode", *words, options=options)

    def test_truncated_between_layers(self):
        self.assertEqual(stepcast("plan", self.job(CURA)).returncode, 0)
        self.refuse_text(CURA[:CURA.index(";LAYER:2")], "truncated", "layer")

    def test_truncated_within_a_line(self):
        self.refuse_text(CURA[:CURA.rindex(" E")] + " E", "job.gcode:13", "cut off")

    def test_truncated_real_job(self):
        text = self.shared_job("cube_cura.gcode").read_bytes()
        self.refuse_text(text[:len(text) // 2], "truncated")

    def test_binary(self):
        self.refuse_text(bytes(range(256)) * 40, "not a G-code file")

    def test_other_files(self):
        for head, name in ((b"\x89PNG\r\n\x1a\n" + b"\0" * 64, "PNG"),
                           (b"\x1f\x8b\x08" + b"\0" * 64, "gzip"),
                           (b"GCDE\x01\0\0\0" + b"\0" * 64, "bgcode")):
            self.refuse_text(head, "not a G-code file", name)

    def test_prose(self):
        self.refuse_text("Dear printer,\nplease print a boat.\n", "job.gcode:1")

    def test_empty(self):
        self.refuse_text("", "the job moves nothing")
        self.refuse_text("; only a comment\nM104 S200\n", "the job moves nothing")

    def test_out_of_the_bed(self):
        self.refuse_text("G1 X10 F3000\nG1 X300\n", "job.gcode:2", "X would go to 300 mm",
                         "0 to 280 mm")
        self.refuse_text("G1 Y-1 F3000\n", "job.gcode:1", "Y would go to -1 mm")
        self.refuse_text("G1 Z251 F300\n", "job.gcode:1", "Z would go to 251 mm")
        
    def test_arc_that_does_not_end_on_its_circle(self):
        self.refuse_text("G1 X10 Y10 F3000\nG2 X50 Y10 I1 J0\n", "job.gcode:2")

    def test_out_of_the_bed_of_another_printer(self):
        self.refuse_text("G1 X250 F3000\n", "X would go to 250 mm", "ender3",
                         options=("--printer", "ender3"))

    def test_out_of_the_bed_only_in_the_middle_of_an_arc(self):
        self.refuse_text("G1 X275 Y100 F3000\nG3 X275 Y140 I0 J20\n", "job.gcode:2",
                         "X would go to 295 mm")

    def test_too_fast(self):
        self.refuse_text("G1 X100 F20000\n", "job.gcode:1", "333.3 mm/s", "197 mm/s",
                         "--slow-down")

    def test_numbers_that_are_none(self):
        self.refuse_text("G1 Xnan F3000\n", "job.gcode:1")
        self.refuse_text("G1 Xinf F3000\n", "job.gcode:1")
        self.refuse_text("G1 X1e308 F3000\n", "job.gcode:1", "308 mm of filament")
        self.refuse_text("G1 X" + "9" * 60 + " F3000\n", "job.gcode:1", "X would go to 1e+60 mm")
        self.refuse_text("G1 X" + "9" * 400 + " F3000\n", "job.gcode:1")
        self.refuse_text("G1 X1.2.3 F3000\n", "job.gcode:1:4", "second point")
        self.refuse_text("G1 X10 F0\n", "job.gcode:1", "F0 is not positive")
        self.refuse_text("G1 X10 F-100\n", "job.gcode:1", "F-100 is not positive")

    def test_numbers_that_would_last_for_ever(self):
        self.refuse_text("G1 X10 F3000\nG4 S1000000000\n", "job.gcode:2", "dwell")
        self.refuse_text("G1 X10 E1000 F3000\n", "job.gcode:1", "1000 mm of filament")

    def test_expressions(self):
        self.refuse_text("G1 X{first_layer} F3000\n", "job.gcode:1", "expression")
        self.refuse_text("G1 X[#1+2] F3000\n", "job.gcode:1", "expression")

    def test_damaged_line(self):
        self.refuse_text("N1 G1 X10 F3000*99\n", "job.gcode:1", "checksum")

    def test_temperatures_that_would_burn_it(self):
        self.refuse_text("M104 S900\nG1 X10 F3000\n", "job.gcode:1", "900 C", "300 C")

    def test_emergency_stop(self):
        self.refuse_text("G1 X10 F3000\nM112\n", "job.gcode:2", "M112")

    def test_error_at_the_end_moves_nothing_at_the_beginning(self):
        self.refuse_text("G1 F6000\n" + "G1 X200\nG1 X10\n" * 200 + "G1 X999\n", "job.gcode:402")


class BadFile(MovesNothing, TestCase):

    def test_missing(self):
        self.refuse(self.folder / "nowhere.gcode", BAD_INPUT, "nowhere.gcode")

    def test_folder(self):
        self.refuse(self.folder, IO_FAILED, str(self.folder), "folder")


class BadMachine(MovesNothing, TestCase):

    def refuse_options(self, status, *words, options):
        self.refuse(EXAMPLES / "square.gcode", status, *words, options=options)

    def refuse_profile(self, find, replacement, *words):
        text = (SOURCE_DIR / "printers" / "taz6.toml").read_text()
        self.assertIn(find, text)
        profile = self.job(text.replace(find, replacement, 1), "bad.toml")
        self.refuse_options(BAD_INPUT, "bad.toml", *words, options=("--printer", profile))

    def test_unknown_printer(self):
        self.refuse_options(BAD_INPUT, "prusa", "taz6", "ender3", options=("--printer", "prusa"))

    def test_unknown_planner_and_compensator(self):
        self.refuse_options(USAGE, "warp", "lookahead", options=("--planner", "warp"))
        self.refuse_options(USAGE, "magic", "lpfbs-sharp", options=("--compensator", "magic"))

    def test_missing_profile(self):
        self.refuse_options(BAD_INPUT, "nowhere.toml",
                            options=("--printer", self.folder / "nowhere.toml"))

    def test_broken_profile(self):
        self.refuse_profile("[axes.x]", "[axes.x", "bad.toml:")
        self.refuse_profile("max_speed_mm_s = 197", "max_speed_mm_s = -197", "axes.x",
                            "max_speed_mm_s")
        self.refuse_profile("max_speed_mm_s = 197", "max_speed_mm_s = nan", "axes.x")
        self.refuse_profile("max_speed_mm_s = 197", "max_sped_mm_s = 197", "max_sped_mm_s")
        self.refuse_profile("max_speed_mm_s = 197", "max_speed_mm_s = \"fast\"", "max_speed_mm_s")
        self.refuse_profile("steps_per_mm = 101.5", "steps_per_mm = 0", "steps_per_mm")
        self.refuse_profile('kinematics = "cartesian"', 'kinematics = "delta"', "delta")

    def test_step_grid_that_does_not_fit(self):
        self.refuse_options(BAD_INPUT, "20500", "1000", options=("--tick-rate", "20500"))
        self.refuse_options(BAD_INPUT, "10000", "98.5 mm/s", options=("--tick-rate", "10000"))
        self.refuse_options(BAD_INPUT, "--tick-rate", options=("--tick-rate", "1e9"))

    def test_limits_beyond_the_machine(self):
        for option, limit in (("--acceleration", "10000"), ("--jerk", "5e+06"),
                              ("--max-speed", "197"), ("--tick-rate", "255000")):
            for value in ("0", "-1", "1e308", "nan", "inf"):
                self.refuse_options(BAD_INPUT, option, limit, options=(f"{option}={value}",))


class BadOutput(TestCase):

    def test_recording_that_cannot_be_written(self):
        result = stepcast("device", "--port", "0", "--record", self.folder / "no" / "file")
        self.assert_refused(result, IO_FAILED, "no/file", "recording cannot be written")

    def test_port_that_is_taken(self):
        with Device() as device:
            result = stepcast("device", "--port", device.port)
            self.assert_refused(result, IO_FAILED, str(device.port))

    def test_address_that_others_could_reach(self):
        result = stepcast("device", "--port", "0", "--bind", "0.0.0.0")
        self.assert_refused(result, BAD_INPUT, "0.0.0.0", "accept an unauthenticated")


if __name__ == "__main__":
    unittest.main(verbosity=2)
