"""Pictures judged by command and over HTTP, with networks of known weights."""

import http.client
import json
import os
import pathlib
import re
import signal
import struct
import subprocess
import tempfile
import unittest
import zlib

from support import BAD_INPUT, SOURCE_DIR, STEPCAST, USAGE, TestCase, stepcast

NETWORKS = SOURCE_DIR / "tests" / "unit" / "vision" / "networks"
DETECT = ("--model", NETWORKS / "spots.onnx", "--runtime", "opencv")
PREDICT = ("--model", NETWORKS / "colours.onnx", "--runtime", "opencv")


def png(width, height, colour_at):
    """A PNG file; colour_at(x, y) gives red, green, blue."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(
            ">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes(v for x in range(width) for v in colour_at(x, y))
                    for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def spot(x, y):
    return (255, 255, 255) if 24 <= x < 32 and 16 <= y < 24 else (0, 0, 0)


class Pictures(TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "spot.png").write_bytes(png(128, 96, spot))
        (self.folder / "below").mkdir()
        (self.folder / "below" / "green.PNG").write_bytes(png(32, 40, lambda x, y: (0, 255, 0)))
        (self.folder / "notes.txt").write_text("no picture")

    def lines(self, result):
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return [json.loads(line) for line in result.stdout.splitlines()]

    def test_detect_says_boxes_in_pixels(self):
        line, = self.lines(stepcast("detect", self.folder / "spot.png", "--json", *DETECT))
        self.assertEqual(list(line), ["image", "width", "height", "detections", "faults"])
        self.assertEqual((line["image"], line["width"], line["height"]),
                         (str(self.folder / "spot.png"), 128, 96))
        found, = line["detections"]
        self.assertEqual(list(found), ["class", "confidence", "x", "y", "w", "h"])
        self.assertEqual(found["class"], "light")
        for key, value in {"confidence": 1, "x": 20, "y": 12, "w": 16, "h": 16}.items():
            self.assertAlmostEqual(found[key], value, places=2)

    def test_detect_warns_of_pictures_that_show_nothing(self):
        for name, colour, word in (("night", 5, "dark"), ("hand", 90, "covered"), ("sun", 250, "bright")):
            (self.folder / f"{name}.png").write_bytes(png(128, 96, lambda x, y, c=colour: (c, c, c)))
            for command, model in (("detect", DETECT), ("predict", PREDICT)):
                result = stepcast(command, self.folder / f"{name}.png", *model)
                self.assertEqual(result.returncode, 0)
                self.assertIn(f"this picture is {word}", result.stderr)
                line, = self.lines(stepcast(command, self.folder / f"{name}.png", "--json", *model))
                self.assertEqual(line["faults"], [word])

    def test_predict_says_probabilities(self):
        lines = self.lines(stepcast("predict", self.folder, "--json", *PREDICT))
        self.assertEqual([pathlib.Path(line["image"]).name for line in lines],
                         ["green.PNG", "spot.png"])
        self.assertEqual(list(lines[0])[:4], ["image", "prediction", "confidence", "probabilities"])
        self.assertEqual(lines[0]["prediction"], "blobs")
        self.assertEqual(lines[0]["confidence"], lines[0]["probabilities"]["blobs"])
        self.assertAlmostEqual(sum(lines[0]["probabilities"].values()), 1)
        self.assertIn("under_extrusion", lines[0]["probabilities"])
        self.assertEqual([line["unsure"] for line in lines], [False, True])

    def test_annotated_pictures_have_names_of_their_own(self):
        marked = self.folder / "new" / "marked"
        (self.folder / "below" / "spot.png").write_bytes(png(128, 96, spot))
        self.assertEqual(stepcast("detect", self.folder, "--annotate", marked, *DETECT).returncode, 0)
        self.assertEqual(sorted(os.listdir(marked)), ["green.jpg", "spot-2.jpg", "spot.jpg"])
        self.assertTrue((marked / "spot.jpg").read_bytes().startswith(b"\xff\xd8"))

    def test_a_bad_picture_does_not_stop_the_others(self):
        whole = (marked := self.folder / "spot.png").read_bytes()
        (self.folder / "half.png").write_bytes(whole[:len(whole) // 2])
        for command, model in (("detect", DETECT), ("predict", PREDICT)):
            result = stepcast(command, self.folder / "half.png", "/nowhere.jpg",
                              self.folder / "notes.txt", marked, "--json", *model)
            self.assertEqual(result.returncode, BAD_INPUT)
            for name in ("half.png", "/nowhere.jpg", "notes.txt"):
                self.assertIn(name, result.stderr)
            line, = result.stdout.splitlines()
            self.assertEqual(json.loads(line)["image"], str(marked))

    def test_what_cannot_be_done_is_refused(self):
        empty = self.folder / "empty"
        empty.mkdir()
        for args, status, words in (
                (("detect", empty, *DETECT), BAD_INPUT, "no pictures"),
                (("detect", empty, *PREDICT), BAD_INPUT, "a classifier, not a detector"),
                (("predict", empty, "--model", "/nowhere.onnx"), BAD_INPUT, "STEPCAST_MODELS"),
                (("predict", empty, *PREDICT[:2], "--runtime", "abacus"), USAGE, "abacus"),
                (("detect", empty, "--threshold", "1.5", *DETECT), USAGE, "threshold")):
            with self.subTest(args=args):
                result = stepcast(*args)
                self.assertEqual(result.returncode, status)
                self.assertIn(words, result.stderr)


class Service:
    """`stepcast serve-predict` on a free port, until the end of a with statement."""

    def __init__(self, *args):
        self.args = args

    def __enter__(self):
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen([STEPCAST, "serve-predict", "--port", "0",
                                         *map(str, (*PREDICT, *self.args))],
                                        stderr=subprocess.PIPE, text=True)
        self.greeting = self.process.stderr.readline()
        found = re.search(r"(\d+)/predict", self.greeting)
        if not found:
            self.process.kill()
            raise AssertionError(self.greeting + self.process.communicate()[1])
        self.connection = http.client.HTTPConnection("127.0.0.1", int(found[1]), timeout=60)
        return self

    def __exit__(self, *unused):
        self.connection.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)

    def post(self, body, **headers):
        """On the one connection, which stays open: the sketch does the same."""
        self.connection.request("POST", "/predict", body, {
            name.replace("_", "-"): value for name, value in headers.items()})
        reply = self.connection.getresponse()
        text = reply.read()
        assert int(reply.getheader("Content-Length")) == len(text)
        return reply.status, json.loads(text)


def form(picture, name="file"):
    head = f'--XX\r\nContent-Disposition: form-data; name="{name}"; filename="esp32.jpg"\r\n'
    return head.encode() + b"Content-Type: image/jpeg\r\n\r\n" + picture + b"\r\n--XX--\r\n"


class Predict(TestCase):

    def test_answers_forms_and_bodies_on_one_connection(self):
        green = png(32, 40, lambda x, y: (0, 255, 0))
        with Service() as service:
            for body, kind in ((green, "image/jpeg"), (green, "application/octet-stream"),
                               (form(green), "multipart/form-data; boundary=XX"), (green, "")):
                status, answer = service.post(body, Content_Type=kind)
                self.assertEqual((status, list(answer)), (200, ["prediction", "confidence"]), answer)
                self.assertEqual(answer["prediction"], "blobs")
                self.assertTrue(0.9 < answer["confidence"] <= 1)

    def test_refuses_what_is_no_picture(self):
        whole = png(32, 40, lambda x, y: (0, 255, 0))
        huge = whole[:16] + struct.pack(">II", 8000, 6250) + whole[24:]
        with Service() as service:
            for body, kind, words in (
                    (b"", "image/jpeg", "no picture"), (b"hello", "image/jpeg", "no JPEG"),
                    (whole[:60], "image/png", "breaks off"), (huge, "image/png", "50.0 megapixels"),
                    (form(whole, "photo"), "multipart/form-data; boundary=XX", "`file`"),
                    (form(b""), "multipart/form-data; boundary=XX", "`file`"),
                    (form(whole)[:-20], "multipart/form-data; boundary=XX", "last boundary"),
                    (whole, "multipart/form-data", "boundary")):
                status, answer = service.post(body, Content_Type=kind)
                self.assertEqual((status, list(answer)), (400, ["error"]), answer)
                self.assertIn(words, answer["error"])
            self.assertEqual(service.post(whole)[0], 200)

    def test_asks_other_machines_for_the_key(self):
        key_file = self.folder_of_test() / "key"
        key_file.write_text("correct-horse-battery\n")
        green = png(32, 40, lambda x, y: (0, 255, 0))
        with Service("--key-file", key_file) as service:
            self.assertEqual(service.post(green)[0], 200)
            # A proxy of this machine speaks for others.
            status, answer = service.post(green, X_Forwarded_For="203.0.113.7")
            self.assertEqual((status, list(answer)), (403, ["error"]))
            for key, expected in (("correct-horse-batterx", 403), ("", 403),
                                  ("correct-horse-battery", 200)):
                self.assertEqual(service.post(green, X_Forwarded_For="203.0.113.7",
                                              X_Api_Key=key)[0], expected)

    def test_does_not_serve_a_network_without_a_key(self):
        for args in (("--address", "0.0.0.0"), ("--address", "::"),
                     ("--address", "0.0.0.0", "--key-file", "/dev/null"),
                     ("--key-file", "/nowhere")):
            result = stepcast("serve-predict", "--port", "0", *PREDICT, *args)
            self.assertEqual(result.returncode, USAGE)
            self.assertIn("try:", result.stderr)

    def folder_of_test(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        return pathlib.Path(folder.name)


if __name__ == "__main__":
    unittest.main()
