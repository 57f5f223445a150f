"""`stepcast simulate`: path errors against the numpy reference, and its plots."""

import json
import unittest
import xml.etree.ElementTree

from support import EXAMPLES, IO_FAILED, SOURCE_DIR, BAD_INPUT, TestCase, stepcast

GOLDEN = json.loads((SOURCE_DIR / "tests/golden/data/motion_golden.json").read_text())
METHODS = {"none": "none", "lpfbs-paper": "lpfbs_L25_14_7", "lpfbs-sharp": "lpfbs_L10_20_10"}
# The reference looks for the nearest point of the whole path, the program in a window of time.
TOLERANCE = 0.02


class Simulate(TestCase):

    def simulate(self, *args):
        return self.json_of(stepcast("simulate", *args, "--no-plots", "--json"))

    def assert_close(self, value, golden):
        self.assertAlmostEqual(value, golden, delta=TOLERANCE * golden)

    def test_errors_of_the_square_are_those_of_the_reference(self):
        for compensator, method in METHODS.items():
            with self.subTest(compensator=compensator):
                golden = GOLDEN["square"]["methods"][method]
                report = self.simulate(EXAMPLES / "square.gcode", "--planner", "jlmcg",
                                       "--compensator", compensator)
                self.assert_close(report["contour_rms_um"], golden["contour_rms_um"])
                self.assert_close(report["contour_max_um"], golden["contour_max_um"])
                for axis, track in zip("xy", golden["track_rms_um"]):
                    self.assert_close(report["tracking_rms_um"][axis], track)

    def test_errors_of_the_zigzag_are_those_of_the_reference(self):
        for compensator, method in METHODS.items():
            with self.subTest(compensator=compensator):
                golden = GOLDEN["geometry"]["zigzag"]["methods"][method]
                report = self.simulate(EXAMPLES / "zigzag.gcode", "--planner", "jlmcg",
                                       "--compensator", compensator)
                self.assert_close(report["contour_rms_um"], golden["contour_rms_um"])

    def test_takes_as_long_as_the_reference(self):
        report = self.simulate(EXAMPLES / "square.gcode", "--planner", "jlmcg")
        self.assertAlmostEqual(report["print_time_s"], 1.1046666, delta=1e-4)

    def test_compensation_brings_circles_within_three_micrometres(self):
        none = self.simulate(EXAMPLES / "circle.gcode", "--compensator", "none")
        sharp = self.simulate(EXAMPLES / "circle.gcode", "--compensator", "lpfbs-sharp")
        self.assertGreater(none["contour_rms_um"], 30)
        self.assertLess(sharp["contour_rms_um"], 3)

    def test_a_wrong_model_costs_accuracy(self):
        right = self.simulate(EXAMPLES / "square.gcode", "--compensator", "lpfbs-sharp")
        wrong = self.simulate(EXAMPLES / "square.gcode", "--compensator", "lpfbs-sharp",
                              "--frequency-error", "1.1")
        self.assertGreater(wrong["contour_rms_um"], 2 * right["contour_rms_um"])

    def test_rounding_to_steps_costs_little(self):
        command = self.simulate(EXAMPLES / "square.gcode", "--planner", "jlmcg",
                                "--compensator", "lpfbs-sharp")
        steps = self.simulate(EXAMPLES / "square.gcode", "--planner", "jlmcg",
                              "--compensator", "lpfbs-sharp", "--steps")
        self.assertNotEqual(command["contour_rms_um"], steps["contour_rms_um"])
        self.assertLess(steps["contour_rms_um"], 1.3 * command["contour_rms_um"])


class Plots(TestCase):

    def test_are_drawings_in_the_folder_that_is_asked_for(self):
        out = self.folder / "a" / "b"
        report = self.json_of(stepcast("simulate", EXAMPLES / "square.gcode", "--out", out,
                                       "--json"))
        self.assertEqual(sorted(report["plots"]),
                         [str(out / "square-error.svg"), str(out / "square-speed.svg")])
        for plot in report["plots"]:
            root = xml.etree.ElementTree.parse(plot).getroot()
            self.assertTrue(root.tag.endswith("svg"), root.tag)

    def test_that_cannot_be_written_are_an_error(self):
        blocked = self.job("not a folder", "file")
        result = stepcast("simulate", EXAMPLES / "square.gcode", "--out", blocked / "plots")
        self.assert_refused(result, IO_FAILED, "square-speed.svg", "choose another folder")

    def test_model_errors_that_make_no_sense_are_refused(self):
        for option in ("--frequency-error", "--damping-error"):
            for value in ("0", "-1", "nan", "inf"):
                with self.subTest(option=option, value=value):
                    result = stepcast("simulate", EXAMPLES / "square.gcode", "--no-plots",
                                      f"{option}={value}")
                    self.assert_refused(result, BAD_INPUT)


if __name__ == "__main__":
    unittest.main(verbosity=2)
