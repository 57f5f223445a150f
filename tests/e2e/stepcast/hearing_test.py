"""`stepcast hear` on tables and waveforms, with the shipped model."""

import json
import math
import pathlib
import struct
import tempfile
import unittest

from support import BAD_INPUT, SHARED_DIR, USAGE, TestCase, stepcast

NAMES = "amplitude,duration,energy,rms,rise_time,counts\n"
# As in the tables of the source: a good one at the edge of the threshold, and a defected one.
QUIET = "3.35e-05,1e-07,1.36,3.62e-06,1e-07,1\n"
LOUD = "0.000204,0.0013,190.0,3.6e-06,9.0e-05,35\n"


class Hearing(TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, data, name="hits.csv"):
        path = self.folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def lines(self, *args):
        result = stepcast("hear", *args, "--json")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return [json.loads(line) for line in result.stdout.splitlines()]

    def test_says_a_prediction_and_a_probability_for_every_row(self):
        quiet, loud = self.lines(self.file(NAMES + QUIET + LOUD))
        self.assertEqual((quiet["row"], quiet["prediction"]), (1, "non-defected"))
        self.assertEqual((loud["row"], loud["prediction"]), (2, "defected"))
        self.assertLess(quiet["probability"], 0.5)
        self.assertGreater(loud["probability"], 0.5)
        self.assertTrue(quiet["familiar"] and loud["familiar"])
        self.assertNotIn("label", quiet)

    def test_a_window_is_surer_than_its_hits(self):
        lines = self.lines(self.file(NAMES + LOUD * 7), "--window", 5)
        self.assertEqual(["window_prediction" in line for line in lines], [False] * 4 + [True] * 3)
        self.assertEqual(lines[-1]["window_prediction"], "defected")
        self.assertGreater(lines[-1]["window_probability"], lines[-1]["probability"])

    def test_a_label_is_shown_and_changes_nothing(self):
        plain = self.lines(self.file(NAMES + LOUD))
        for label in "01":
            told = self.lines(self.file(NAMES.strip() + ",label\n" + LOUD.strip() + f",{label}\n"))
            self.assertEqual(told[0].pop("label"), int(label))
            self.assertEqual(told, plain)

    def test_the_text_sums_up(self):
        result = stepcast("hear", self.file(NAMES + QUIET + LOUD))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("2 hits, 1 defected (50.0 %); 2 by model overflow", result.stdout)
        self.assertIn("No hits.", stepcast("hear", self.file(NAMES)).stdout)

    def test_finds_the_hits_of_a_waveform(self):
        samples = [0.0] * 40_000
        for first in (1000, 30_000):
            for i in range(200):
                samples[first + i] = 0.01 * math.exp(-i / 50) * math.sin(0.5 * i + 0.5)
        path = self.file(struct.pack(f"<{len(samples)}f", *samples), "sensor.f32")
        out = self.folder / "out.tsv"
        found = self.lines("--waveform", path, "--discrimination-us", 1000, "--out", out,
                           "--out-format", "tsv")
        self.assertEqual([round(line["time"] * 2e6) for line in found], [1000, 30_000])
        again = self.lines(out)
        self.assertEqual([line["probability"] for line in again],
                         [line["probability"] for line in found])

    def test_what_is_wrong_is_named(self):
        stopped = stepcast("hear", self.file(NAMES + LOUD + "1e-4,nan,1,1,1,1\n" + LOUD), "--json")
        self.assertEqual(stopped.returncode, BAD_INPUT)
        self.assertEqual(len(stopped.stdout.splitlines()), 1)
        for word in ("hits.csv:3", "duration", "nan"):
            self.assertIn(word, stopped.stderr)
        self.assert_refused(stepcast("hear", self.file("")), BAD_INPUT, "empty")
        self.assert_refused(stepcast("hear", self.file("a,b\n1,2\n")), BAD_INPUT, "rms", "counts")
        self.assert_refused(stepcast("hear", self.folder / "none.csv"), BAD_INPUT, "none.csv")
        self.assert_refused(stepcast("hear"), BAD_INPUT, "neither")
        self.assert_refused(stepcast("hear", self.file(NAMES), "--kind", "warp"), BAD_INPUT,
                            "overflow")
        self.assert_refused(stepcast("hear", self.file(NAMES), "--model", self.file("{}", "m.json")),
                            BAD_INPUT, "m.json")
        self.assertEqual(stepcast("hear", self.file(NAMES), "--window", "0").returncode, USAGE)

    def test_every_table_of_the_source_is_judged(self):
        tables = SHARED_DIR / "data" / "ae"
        if not tables.exists():
            self.skipTest(f"{tables} is not there")
        for name, rows, model in (("overflow_train.csv", 630, "overflow"),
                                  ("binary_train.csv", 123, "binary")):
            lines = self.lines(tables / name)
            self.assertEqual(len(lines), rows)
            self.assertEqual({line["model"] for line in lines}, {model})
        lines = self.lines(tables / "waveform_hits.tsv")
        self.assertEqual(len(lines), 35)
        self.assertIn(False, {line["familiar"] for line in lines})


if __name__ == "__main__":
    unittest.main()
