"""The networks that ship do what their cards say, through the programs that people run."""

import json
import pathlib
import re
import tempfile
import unittest

from support import SHARED_DIR, SOURCE_DIR, TestCase, stepcast

MODELS = SOURCE_DIR / "models"
DETECT = SHARED_DIR / "data" / "detect"
CAMERA = SHARED_DIR / "data" / "camera"
CLASSIFY = SHARED_DIR / "data" / "classify" / "train"
# What another processor and another version of OpenCV may change.
TOLERANCE = 0.01


def rows(card):
    """The rows of the tables of a model's card, by their first cell."""
    found = {}
    for line in (MODELS / card).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) > 1:
            found[cells[0]] = cells[1:]
    return found


@unittest.skipUnless(DETECT.is_dir(), f"no {DETECT}")
class Shipped(TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def detect(self, pictures, *more):
        result = stepcast("detect", *pictures, "--json", "--runtime", "opencv", *more)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def test_the_detector_is_as_good_as_its_card_says(self):
        data = self.folder / "data.json"
        result = stepcast("dataset", "import", DETECT, "--dataset", data)
        self.assertEqual(result.returncode, 0, result.stderr)
        pictures = [DETECT / line for line in (DETECT / "val.txt").read_text().split()]
        said = self.folder / "said.jsonl"
        said.write_text(self.detect(pictures, "--threshold", "0.001"))
        result = stepcast("dataset", "evaluate", said, "--dataset", data, "--resamples", "0")
        self.assertEqual(result.returncode, 0, result.stderr)
        card = rows("detector.md")
        for name in ("spaghetti", "stringing", "warping"):
            now = float(re.search(rf"(?m)^{name}\s+\d+\s+\d+\s+\d+\s+([0-9.]+)", result.stdout)[1])
            then = float(card[name][2].split()[0])
            self.assertAlmostEqual(now, then, delta=TOLERANCE, msg=name)

    def test_the_detector_is_calm_where_a_camera_sees_a_good_print(self):
        frames = sorted((CAMERA / "bed_sequence").glob("*.jpg"))[::5]
        lines = [json.loads(line) for line in self.detect(frames).splitlines()]
        self.assertEqual(len(lines), len(frames))
        self.assertEqual([line["image"] for line in lines if line["detections"]], [])

    def test_the_classifier_knows_what_it_has_learnt(self):
        shown = {str(path): path.parent.name for path in sorted(CLASSIFY.glob("*/*.jpg"))[::4]}
        result = stepcast("predict", *shown, "--json", "--runtime", "opencv")
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        right = sum(line["prediction"] == shown[line["image"]] for line in lines)
        # How well it judges what it has not learnt stands in its card; this tells that the file
        # that ships is the network that was trained, and is fed as it was.
        self.assertGreater(right / len(lines), 0.85)


if __name__ == "__main__":
    unittest.main(verbosity=2)
