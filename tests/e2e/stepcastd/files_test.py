"""What the server knows of files, and what it does with them, over HTTP as clients see it."""

import pathlib
import tempfile
import time
import unittest

from server_support import EXAMPLES, PNG, SlowUpload, TestCase, thumbnail

NUT = (EXAMPLES / "nut.gcode").read_bytes()
# The server takes 512 KiB of an upload at once; a preview of many lines costs no planning.
LONG = NUT + 12_000 * (b"; " + 72 * b"A" + b"\n") + NUT


def part(*moves):
    return "\n".join(("G28", "G90", "M83", "G1 Z0.3 F600", *moves, "")).encode()


class FilesTestCase(TestCase):

    def analysed(self, server, name, printer="taz6"):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            file = server.get(f"/api/v1/files/{name}?printer={printer}").json()
            if file["analysis"] is not None:
                return file
            time.sleep(0.02)
        raise AssertionError(f"{name} is not analysed for {printer}: {file}")

    def put(self, server, name, content):
        reply = server.upload([("file", name, content)])
        self.assertEqual(reply.status, 201, reply.body)
        return reply


class Analyses(FilesTestCase):

    def test_are_made_for_each_printer(self):
        small = '[[printer]]\nid = "ender3"\nprofile = "ender3"\nspeed = 200\n'
        server = self.serve_ready(more=small)
        self.put(server, "nut.gcode", NUT)
        self.put(server, "wide.gcode", part("G1 X20 Y20", "G1 X250 E10", "G1 Z5"))
        self.put(server, "off.gcode", part("G1 X20 Y20 Z2", "G1 Y224 E10"))
        self.put(server, "prime.gcode", part("G1 X20 Y-0 Z0.3", "G1 Y224 E10", "G1 Y100 Z2",
                                             "G1 X100 E5"))
        for name in ("nut", "wide", "off", "prime"):
            for printer in ("taz6", "ender3"):
                self.analysed(server, f"{name}.gcode", printer)

        times = {p: server.get(f"/p/{p}/api/files/local/nut.gcode").json()["gcodeAnalysis"]
                 ["estimatedPrintTime"] for p in ("taz6", "ender3")}
        self.assertNotEqual(times["taz6"], times["ender3"])
        for printer, seconds in times.items():
            file = self.analysed(server, "nut.gcode", printer)
            self.assertEqual(file["analysis"]["print_time_s"], seconds)
            listed = server.get(f"/p/{printer}/api/files").json()["files"]
            nut = next(entry for entry in listed if entry["name"] == "nut.gcode")
            self.assertEqual(nut["gcodeAnalysis"]["estimatedPrintTime"], seconds)
        box = nut["gcodeAnalysis"]["printingArea"]
        size = nut["gcodeAnalysis"]["dimensions"]
        self.assertAlmostEqual(box["maxX"] - box["minX"], size["width"])
        self.assertGreater(size["height"], 0)

        def error(name, printer):
            return self.analysed(server, name, printer)["analysis"]["error"]
        self.assertEqual(error("wide.gcode", "taz6"), "")
        self.assertIn("wide.gcode:6: X would go to 250 mm", error("wide.gcode", "ender3"))
        self.assertNotIn(str(self.folder), error("wide.gcode", "ender3"))
        self.assertIn("it prints at Y 224 mm; the bed of ender3 reaches from 0 to 220 mm",
                      error("off.gcode", "ender3"))
        prime = self.analysed(server, "prime.gcode", "ender3")["analysis"]
        self.assertEqual(prime["error"], "")
        self.assertIn("Y 224 mm", prime["warnings"][-1])
        refused = server.post("/p/ender3/api/files/local/off.gcode",
                              {"command": "select", "print": True})
        self.assertGreaterEqual(refused.status, 400)
        self.assertIn("224 mm", refused.json()["error"])
        self.assertEqual(server.post("/api/v1/printers/taz6/start",
                                     {"path": "off.gcode"}).status, 202)

    def test_outlive_the_server(self):
        server = self.serve_ready()
        self.put(server, "nut.gcode", NUT)
        before = self.analysed(server, "nut.gcode")
        server.stop()
        server.start()
        self.assertEqual(server.get("/api/v1/files/nut.gcode").json(), before)


class Arrivals(FilesTestCase):
    """Uploads whose last piece is held back until their analysis has read what was sent."""

    STEP = 64 << 10  # by which the analysis reads

    def followed(self, server, least=0):
        """The one upload, when its analysis has read all that it will before more is sent."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            items = server.get("/api/v1/uploads").json()["items"]
            if items and items[0]["received_bytes"] > least and items[0]["analysed_bytes"] is not None \
                    and items[0]["received_bytes"] - items[0]["analysed_bytes"] < self.STEP:
                return items[0]
            time.sleep(0.01)
        raise AssertionError(f"the analysis does not follow: {items}")

    def test_are_analysed_before_they_are_whole_to_the_same_figures(self):
        server = self.serve_ready()
        slow = SlowUpload(server, [("file", "slow.gcode", LONG)])
        slow.send_to(0.5)
        half = self.followed(server)
        self.assertEqual((half["path"], half["user"], half["error"]), ("slow.gcode", "ada", ""))
        slow.send_to(0.95)
        most = self.followed(server, half["received_bytes"])
        self.assertGreater(most["analysed_bytes"], half["analysed_bytes"])
        self.assertEqual(server.get("/api/v1/files").json()["items"], [])
        reply = slow.finish()
        self.assertEqual(reply.status, 201, reply.body)
        self.assertEqual(server.get("/api/v1/uploads").json()["items"], [])
        followed = self.analysed(server, "slow.gcode")
        server.stop()
        # As the same file is by a server that finds it when it starts.
        for database in self.folder.glob("stepcast.db*"):
            database.unlink()
        (self.folder / "files/slow.gcode").rename(self.folder / "files/whole.gcode")
        server.key = None
        server.start().set_up()
        whole = self.analysed(server, "whole.gcode")
        self.assertEqual(followed["analysis"], whole["analysis"])
        self.assertEqual(followed["stated"], whole["stated"])

    def test_that_cannot_be_printed_are_told_while_they_arrive(self):
        server = self.serve_ready()
        slow = SlowUpload(server, [("print", "true"),
                                   ("file", "bad.gcode", part("G1 X900 F3000") + LONG)])
        slow.send_to(0.9)
        end = time.monotonic() + 60
        while not (found := server.get("/api/v1/uploads").json()["items"]) or not found[0]["error"]:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        self.assertIn("bad.gcode:5: X would go to 900 mm", found[0]["error"])
        self.assertFalse(slow.finish().json()["effectivePrint"])
        file = server.get("/api/v1/files/bad.gcode").json()
        self.assertEqual(file["analysis"]["error"], found[0]["error"], "known with the answer")
        self.assertEqual(server.get("/api/job").json()["state"], "Operational")

    def test_that_break_off_leave_nothing(self):
        server = self.serve_ready()
        slow = SlowUpload(server, [("file", "slow.gcode", LONG)])
        slow.send_to(0.9)
        self.followed(server)
        slow.break_off()
        end = time.monotonic() + 60
        while server.get("/api/v1/uploads").json()["items"]:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)
        self.assertEqual(server.get("/api/v1/files").json()["items"], [])
        self.assertEqual(list((self.folder / "files/.incoming").iterdir()), [])

    def test_do_not_keep_the_server_from_stopping(self):
        server = self.serve_ready()
        slow = SlowUpload(server, [("file", "slow.gcode", LONG)])
        slow.send_to(0.9)
        self.followed(server)
        self.assertEqual(server.stop(), 0)
        slow.break_off()
        server.start()
        self.assertEqual(server.get("/api/v1/files").json()["items"], [])


class Thumbnails(FilesTestCase):

    def test_are_served_as_the_slicer_wrote_them(self):
        server = self.serve_ready()
        broken = PNG[:20]
        self.put(server, "a b.gcode", thumbnail(PNG) + thumbnail(PNG + b"tail", "32x32") + NUT)
        self.put(server, "none.gcode", NUT)
        self.put(server, "bad.gcode", thumbnail(b"no picture at all") + NUT)
        self.put(server, "cut.gcode", thumbnail(broken).replace(b"; thumbnail end\n", b"") + NUT)
        file = self.analysed(server, "a%20b.gcode")
        self.assertEqual([t["width"] for t in file["stated"]["thumbnails"]], [16, 32])
        entry = server.get("/p/taz6/api/files/local/a%20b.gcode").json()
        self.assertTrue(entry["thumbnail"].startswith("plugin/"))
        for base in ("/", "/p/taz6/"):
            picture = server.get(base + entry["thumbnail"])
            self.assertEqual((picture.status, picture.body), (200, PNG + b"tail"))
            self.assertEqual(picture.headers["Content-Type"], "image/png")
        self.assertEqual(server.get("/api/v1/thumbnails/a%20b.gcode?width=10").body, PNG)
        self.assertEqual(server.get("/" + entry["thumbnail"], key=None).status, 403)
        for name in ("none", "bad", "cut"):
            self.analysed(server, f"{name}.gcode")
            reply = server.get(f"/api/v1/thumbnails/{name}.gcode")
            self.assertIn(reply.status, (404, 422, 400), name)
            self.assertEqual(server.get(f"/plugin/prusaslicerthumbnails/thumbnail/{name}.gcode.png")
                             .status, 404)
        self.assertNotIn("thumbnail", server.get("/api/files/local/none.gcode").json())


class Versions(FilesTestCase):

    def test_are_kept_listed_and_restored(self):
        server = self.serve_ready(more="[files]\nversions = 2\n")
        parts = [part(f"G1 X{x} Y10 E1") for x in (10, 20, 30, 40)]
        for content in parts:
            self.put(server, "a.gcode", content)
        versions = server.get("/api/v1/file-versions/a.gcode").json()["items"]
        self.assertEqual([v["size"] for v in versions], [len(parts[2]), len(parts[1])])
        oldest = versions[1]["sha256"]
        self.assertEqual(server.get(f"/api/v1/content/a.gcode?version={oldest}").body, parts[1])
        self.assertEqual(server.get(f"/api/v1/content/a.gcode?version={'0' * 64}").status, 404)
        restored = server.post("/api/v1/file-restores", {"path": "a.gcode", "sha256": oldest})
        self.assertEqual((restored.status, restored.json()["sha256"]), (201, oldest))
        self.assertEqual(server.get("/downloads/files/local/a.gcode").body, parts[1])
        hashes = [v["sha256"] for v in
                  server.get("/api/v1/file-versions/a.gcode").json()["items"]]
        self.assertEqual(len(hashes), 2)
        self.assertNotIn(oldest, hashes)


class Search(FilesTestCase):

    def test_finds_by_name_material_and_time_page_by_page(self):
        server = self.serve_ready()
        for name in ("Bracket.gcode", "brass.gcode", "nut.gcode"):
            material = b"PETG" if name[0] == "n" else b"PLA"
            self.put(server, name, NUT.replace(b"filament_type = PLA", b"filament_type = " + material))
            self.analysed(server, name)
        self.put(server, "short.gcode", part("G1 X20 Y20 F3000", "G1 X30 E1"))
        seconds = self.analysed(server, "short.gcode")["analysis"]["print_time_s"]

        def found(query):
            return [file["path"] for file in server.get("/api/v1/files?" + query).json()["items"]]
        self.assertEqual(found("search=BRA"), ["Bracket.gcode", "brass.gcode"])
        self.assertEqual(found("search=BRA&limit=1"), ["Bracket.gcode"])
        self.assertEqual(found("search=BRA&limit=1&after=Bracket.gcode"), ["brass.gcode"])
        self.assertEqual(found("material=petg"), ["nut.gcode"])
        self.assertEqual(found(f"longest_s={int(seconds) + 1}"), ["short.gcode"])
        facade = server.get("/api/files?q=bra").json()["files"]
        self.assertEqual({file["name"] for file in facade}, {"Bracket.gcode", "brass.gcode"})


class DirectStart(FilesTestCase):

    def test_waits_for_the_analysis_and_says_what_it_found(self):
        server = self.serve_ready()
        bad = NUT + part("G1 X900 F3000")  # found at the very end
        reply = server.upload([("print", "true"), ("file", "bad.gcode", bad)])
        self.assertEqual(reply.status, 201)
        server.wait_for_state("Operational")
        end = time.monotonic() + 60
        while (job := server.get("/api/v1/jobs").json()["items"][0])["state"] != "failed":
            self.assertLess(time.monotonic(), end, job)
            time.sleep(0.05)
        self.assertIn("X would go to 900 mm", job["reason"])
        reply = server.upload([("print", "true"), ("file", "good.gcode", NUT)])
        self.assertTrue(reply.json()["effectivePrint"])
        while (job := server.get("/api/v1/jobs").json()["items"][0])["state"] != "done":
            self.assertLess(time.monotonic(), end, job)
            time.sleep(0.05)
        self.assertGreater(job["estimated_s"], 0)


class WatchedFolder(FilesTestCase):

    def test_is_taken_in_and_says_what_it_leaves(self):
        with tempfile.TemporaryDirectory() as folder:
            dropped = pathlib.Path(folder) / "made by the server"
            server = self.serve_ready(more=f'[files]\nwatched_folder = "{dropped}"\n')
            (dropped / "nut.gcode").write_bytes(NUT)
            (dropped / "nul.gcode").write_bytes(NUT)
            (dropped / "text.gcode").write_bytes(b"\x7fELF\0\0")

            def refused():
                events = server.get("/api/v1/events?limit=500").json()["items"]
                return {e["payload"]["name"]: e["payload"]["reason"] for e in events
                        if e["type"] == "FileRefused"}
            end = time.monotonic() + 60
            while (dropped / "nut.gcode").exists() or len(refused()) < 2:
                self.assertLess(time.monotonic(), end, refused())
                time.sleep(0.05)
            self.assertEqual(server.get("/downloads/files/local/nut.gcode").body, NUT)
            self.assertIn("Windows", refused()["nul.gcode"])
            self.assertTrue((dropped / "nul.gcode").exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
