"""The corners of OctoPrint's interface that clients seldom visit, and what must not get through."""

import base64
import hashlib
import hmac
import json
import re
import socket
import struct
import time
import unittest
import urllib.request
from urllib.parse import urlparse

from camera_support import SIZED_JPEG, Camera
from server_support import EXAMPLES, PASSWORD, TestCase

SQUARE = (EXAMPLES / "square.gcode").read_bytes()
NUT = (EXAMPLES / "nut.gcode").read_bytes()


def totp(secret, at):
    """The code of an authenticator (RFC 6238) at a time."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, struct.pack(">Q", int(at) // 30), hashlib.sha1)
    number = struct.unpack(">I", digest[digest[-1] & 15:][:4])[0] & 0x7fffffff
    return f"{number % 10**6:06}"


class Webcam(TestCase):

    def watch(self, server):
        request = urllib.request.Request(server.url + "/webcam/?action=stream",
                                         headers={"X-Api-Key": server.key})
        reply = urllib.request.urlopen(request, timeout=20)
        self.addCleanup(reply.close)
        return reply

    def next_picture(self, reply):
        self.assertEqual(reply.readline(), b"--boundarydonotcross\r\n")
        self.assertEqual(reply.readline(), b"Content-Type: image/jpeg\r\n")
        length = int(reply.readline().partition(b":")[2])
        reply.readline()
        picture = reply.read(length)
        reply.readline()
        return picture

    def test_one_capture_serves_all_watchers_and_ends_with_the_last(self):
        with Camera() as camera:
            server = self.serve_ready(printer=f'camera = "{camera.url}"\n')
            self.assertEqual(camera.opened, 0)
            watchers = [self.watch(server) for _ in range(5)]
            self.assertEqual(watchers[0].headers["Content-Type"],
                             "multipart/x-mixed-replace; boundary=boundarydonotcross")
            for _ in range(3):
                for watcher in watchers:
                    self.assertTrue(self.next_picture(watcher).startswith(b"\xff\xd8 picture"))
            snapshot = server.get("/webcam/?action=snapshot")
            self.assertEqual(snapshot.headers["Content-Type"], "image/jpeg")
            self.assertTrue(snapshot.body.startswith(b"\xff\xd8 picture"))
            self.assertEqual((camera.open, camera.opened), (1, 1))
            for watcher in watchers:
                watcher.close()
            self.assertTrue(camera.wait_until(lambda camera: camera.open == 0))

    def test_nobody_watches_without_permission(self):
        with Camera() as camera:
            server = self.serve_ready(printer=f'camera = "{camera.url}"\n')
            for action in ("stream", "snapshot"):
                self.assertEqual(server.get(f"/webcam/?action={action}", key=None).status, 403)
            self.assertEqual(camera.opened, 0)

    def test_the_addresses_of_the_settings_need_no_header(self):
        with Camera() as camera:
            server = self.serve_ready(printer=f'camera = "{camera.url}"\n')
            webcam = server.get("/api/settings").json()["webcam"]
            with urllib.request.urlopen(webcam["snapshotUrl"], timeout=20) as picture:
                self.assertTrue(picture.read().startswith(b"\xff\xd8 picture"))
            with urllib.request.urlopen(webcam["streamUrl"], timeout=20) as stream:
                self.assertTrue(self.next_picture(stream).startswith(b"\xff\xd8 picture"))
            # Clients make the one address from the other.
            made = webcam["streamUrl"].replace("action=stream", "action=snapshot")
            server.stop()
            port = urlparse(server.url).port
            server.start()
            made = made.replace(f":{port}/", f":{urlparse(server.url).port}/")
            with urllib.request.urlopen(made, timeout=20) as picture:
                self.assertEqual(picture.headers["Content-Type"], "image/jpeg",
                                 "it outlives the server")
            for wrong in (made.replace("/p/taz6/webcam", "/webcam"), made.replace("user=ada", "user=eve"),
                          made.partition("&signature")[0]):
                self.assertEqual(server.get(wrong.partition(server.url)[2], key=None).status, 403, wrong)
            settings = server.get("/api/settings").json()
            self.assertEqual(server.post("/api/settings", settings).status, 200,
                             "sent back as it was, whatever its signature")
            (self.folder / "signing-key").unlink()
            server.stop()
            server.start()
            self.assertEqual(server.get("/p/" + made.partition("/p/")[2], key=None).status, 403)

    def test_a_download_can_be_signed(self):
        server = self.serve_ready()
        server.upload([("file", "a bé.gcode", SQUARE)])
        path = server.get("/api/files/local").json()["files"][0]["refs"]["download"]
        path = path.partition(server.url)[2]
        self.assertEqual(server.get(path, key=None).status, 403)
        made = server.post("/api/v1/signed-addresses", {"path": path})
        self.assertEqual(made.status, 201, made.body)
        reply = server.get(made.json()["address"], key=None)
        self.assertEqual((reply.status, reply.body), (200, SQUARE))

    def test_a_camera_that_is_off_is_told_from_one_that_is_not_there(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            server = self.serve_ready(
                printer=f'camera = "http://127.0.0.1:{unused.getsockname()[1]}/"\n')
            off = server.get("/webcam/?action=snapshot")
            self.assertEqual(off.status, 503, off.body)
            self.assertEqual(server.get("/webcam/?action=dance").status, 400)
        self.assertTrue(server.get("/api/settings").json()["webcam"]["webcamEnabled"])

    def test_a_printer_without_camera_says_so(self):
        server = self.serve_ready()
        self.assertEqual(server.get("/webcam/?action=stream").status, 404)
        self.assertFalse(server.get("/api/settings").json()["webcam"]["webcamEnabled"])


class Timelapse(TestCase):

    def wait_for(self, holds, what):
        end = time.monotonic() + 60
        while not (found := holds()):
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.05)
        return found

    def pictures_of(self, film):
        """Those of an AVI, as its index has them."""
        self.assertEqual(film[:4] + film[8:12], b"RIFFAVI ")
        movi, index = film.index(b"movi"), film.index(b"idx1")
        count = struct.unpack_from("<I", film, index + 4)[0] // 16
        entries = [struct.unpack_from("<4sIII", film, index + 8 + 16 * i) for i in range(count)]
        return [film[movi + offset + 8:movi + offset + 8 + length]
                for _, _, offset, length in entries]

    def test_a_print_is_filmed_layer_by_layer(self):
        with Camera(SIZED_JPEG) as camera:
            server = self.serve_ready(printer=f'camera = "{camera.url}"\n', speed=25)
            self.assertEqual(server.get("/api/timelapse").json(),
                             {"config": {"type": "off"}, "enabled": True, "files": []})
            reply = server.post("/api/timelapse", {"type": "zchange", "fps": 10, "postRoll": 1,
                                                   "save": True})
            self.assertEqual(reply.status, 200, reply.body)
            self.assertEqual(reply.json()["config"],
                             {"type": "zchange", "fps": 10, "postRoll": 1, "retractionZHop": 0,
                              "minDelay": 0})
            server.upload([("print", "true"), ("file", "my nut.gcode", NUT)])
            recording = self.wait_for(lambda: [
                one for one in server.get("/api/timelapse?unrendered=true").json()["unrendered"]
                if one["count"] > 1], "two layers")[0]
            self.assertTrue(recording["recording"])
            self.assertEqual(server.delete("/api/timelapse/unrendered/" + recording["name"]).status,
                             409)
            server.wait_for_state("Operational")
            film = self.wait_for(lambda: server.get("/api/timelapse").json()["files"], "a film")[0]
            self.assertRegex(film["name"], r"^my_nut_\d{14}\.avi$")
            self.assertEqual(film["url"], "/downloads/timelapse/" + film["name"])
            reply = server.get(film["url"])
            self.assertEqual((len(reply.body), reply.headers["Content-Type"]),
                             (film["bytes"], "video/x-msvideo"))
            pictures = self.pictures_of(reply.body)
            taken = [picture for picture in pictures if picture]
            # Of layers within half a second the camera gives one picture.
            self.assertGreater(len(set(taken)), 2)
            self.assertTrue(all(picture.startswith(SIZED_JPEG[:15]) for picture in taken))
            self.assertEqual(pictures[-10:], [b""] * 10, "the last one stays for a second")
            self.assertEqual(server.get(film["url"], key=None).status, 403)
            signed_one = server.post("/api/v1/signed-addresses", {"path": "/p/taz6" + film["url"]})
            self.assertEqual(server.get(signed_one.json()["address"], key=None).body, reply.body)
            def told_types():
                told = [event["type"] for event in
                        server.get("/api/v1/events?limit=500").json()["items"]]
                return "MovieDone" in told and told
            told = self.wait_for(told_types, "that it is told")
            self.assertEqual((told.count("CaptureDone"), told.count("CaptureFailed"),
                              told.count("MovieDone")), (len(taken), 0, 1))
            self.assertEqual(server.get("/downloads/timelapse/..%2F..%2Fstepcast.db").status, 400)
            left = server.delete("/api/timelapse/" + film["name"])
            self.assertEqual(left.json()["files"], [])
            self.assertEqual(server.delete("/api/timelapse/" + film["name"]).status, 404)

    def test_what_makes_no_film_is_refused_with_a_reason(self):
        with Camera(SIZED_JPEG) as camera:
            server = self.serve_ready(printer=f'camera = "{camera.url}"\n')
            for wrong, reason in (({"type": "weekly"}, "zchange"), ({"type": "timed", "fps": 0}, "1 to 60"),
                                  ({"type": "timed", "interval": "x"}, "whole number"),
                                  ({"type": "timed", "interval": 1.5}, "whole number")):
                reply = server.post("/api/timelapse", wrong)
                self.assertEqual(reply.status, 400, wrong)
                self.assertIn(reason, reply.json()["error"])
            self.assertEqual(server.get("/api/timelapse").json()["config"], {"type": "off"})

    def test_a_printer_without_camera_films_nothing_and_says_so(self):
        server = self.serve_ready()
        self.assertFalse(server.get("/api/timelapse").json()["enabled"])
        self.assertEqual(server.post("/api/timelapse", {"type": "off"}).status, 200)
        reply = server.post("/api/timelapse", {"type": "timed"})
        self.assertEqual(reply.status, 400)
        self.assertIn("no camera", reply.json()["error"])


class Settings(TestCase):

    def test_what_may_be_changed_lasts_and_the_rest_is_refused(self):
        server = self.serve_ready()
        presets = [{"name": "PLA", "extruder": 215, "bed": 60, "chamber": None}]
        reply = server.post("/api/settings", {"appearance": {"name": "Shed", "color": "red"},
                                              "temperature": {"profiles": presets}})
        self.assertEqual(reply.status, 200, reply.body)
        whole = reply.json()
        self.assertEqual(server.post("/api/settings", whole).status, 200, "sent back as it was")
        for wrong in ({"webcam": {"streamUrl": "http://evil/"}}, {"plugins": {"x": {"y": 1}}},
                      {"appearance": {"name": 5}}, []):
            self.assertEqual(server.post("/api/settings", wrong).status, 400, wrong)
        server.stop()
        server.start()
        settings = server.get("/api/settings").json()
        self.assertEqual(settings["appearance"]["name"], "Shed")
        self.assertEqual(settings["temperature"]["profiles"], presets)
        self.assertEqual(settings["webcam"]["streamUrl"], "")

    def test_printers_of_one_profile_have_names_of_their_own(self):
        server = self.serve_ready(more='[[printer]]\nid = "left"\n'
                                       '[[printer]]\nid = "right"\nname = "Right one"\n')
        titles = {"taz6": "LulzBot TAZ 6 (taz6)", "left": "LulzBot TAZ 6 (left)",
                  "right": "Right one"}
        self.assertEqual({printer["id"]: printer["title"] for printer in
                          server.get("/api/v1/printers").json()["items"]}, titles)
        for printer, title in titles.items():
            self.assertEqual(server.get(f"/p/{printer}/api/settings").json()["appearance"]["name"],
                             title)
        profile = server.get("/p/right/api/printerprofiles/_default").json()
        self.assertEqual((profile["name"], profile["model"]), ("Right one", "LulzBot TAZ 6"))
        reply = server.post("/p/right/api/settings", {"appearance": {"name": "Shed"}})
        self.assertEqual(reply.json()["appearance"]["name"], "Shed", "for clients of that printer")
        self.assertEqual(server.get("/p/left/api/settings").json()["appearance"]["name"],
                         titles["left"])

    def test_a_profile_shows_the_machine_whatever_a_client_sends(self):
        server = self.serve_ready()
        request = {"profile": {"name": "Big one", "volume": {"width": 5}}}
        path = "/api/printerprofiles/_default"
        def patch(value):
            return server.request("PATCH", path, json.dumps(value).encode(),
                                  {"Content-Type": "application/json"})
        self.assertEqual(patch(request).status, 400)
        self.assertEqual(patch({"profile": {"name": "Big one"}}).json()["profile"]["name"],
                         "Big one")
        self.assertEqual(server.get("/api/printerprofiles/taz6").json()["name"], "Big one")
        self.assertEqual(server.delete("/api/printerprofiles/taz6").status, 409)
        self.assertEqual(server.delete("/api/printerprofiles/other").status, 404)


class SystemCommands(TestCase):

    def test_only_configured_commands_are_there(self):
        mark = self.folder / "rebooted"
        server = self.serve_ready(more=f'[system]\nreboot = "echo yes > {mark}"\n'
                                       'restart = "exit 3"\n', speed=5)
        listed = server.get("/api/system/commands").json()
        self.assertEqual([command["action"] for command in listed["core"]], ["reboot", "restart"])
        self.assertEqual(server.get("/api/system/commands/core").json(), listed["core"])
        def run(action):
            return server.request("POST", "//api/system/commands/" + action)
        self.assertEqual(run("core/shutdown").status, 404)
        self.assertEqual(run("custom/reboot").status, 404)
        self.assertEqual(run("core/restart").status, 500)
        server.upload([("file", "nut.gcode", NUT), ("print", "true")])
        server.wait_for_state("Printing")
        self.assertEqual(run("core/reboot").status, 409)
        self.assertFalse(mark.exists())
        server.post("/api/job", {"command": "cancel"})
        server.wait_for_state("Operational")
        self.assertEqual(run("core/reboot").status, 204)
        self.assertEqual(mark.read_text().strip(), "yes")


class Xhr(TestCase):

    def test_a_session_belongs_to_who_opened_it(self):
        server = self.serve_ready()
        def ask(what, body=None, **more):
            return server.request("POST", f"/sockjs/000/session1/{what}", body, **more)
        self.assertEqual(ask("xhr_send", b"[]").status, 404)
        self.assertEqual(ask("xhr").body, b"o\n")
        self.assertEqual(ask("xhr", key=None).status, 404)
        self.assertEqual(ask("xhr_send", b"[]", key=None).status, 404)
        self.assertTrue(ask("xhr").body.startswith(b'a[{"connected"'))
        self.assertTrue(ask("xhr").body.startswith(b'a[{"history"'))
        self.assertEqual(ask("xhr_send", b'["{\\"throttle\\":2}"]').status, 204)
        self.assertEqual(ask("xhr_send", b"[" * 100_000).status, 204, "passed over")
        self.assertTrue(ask("xhr").body.startswith(b'a[{"current"'))

    def test_a_second_receiver_is_turned_away(self):
        server = self.serve_ready()
        where = urlparse(server.url)
        link = socket.create_connection((where.hostname, where.port), timeout=20)
        self.addCleanup(link.close)
        link.sendall(b"POST /sockjs/000/session2/xhr_streaming HTTP/1.1\r\nHost: x\r\n"
                     b"Content-Length: 0\r\n\r\n")
        received = b""
        while b"connected" not in received:
            received += link.recv(65536)
        self.assertIn(b"h" * 2048 + b"\n", received)
        second = server.request("POST", "/sockjs/000/session2/xhr", key=None)
        self.assertTrue(second.body.startswith(b"c[2010,"), second.body)


class Login(TestCase):

    def test_who_tries_many_passwords_has_to_wait(self):
        server = self.serve_ready()
        asked = [server.post("/api/login", {"user": f"user{i}", "pass": "x"}, key=None).status
                 for i in range(20)]
        self.assertIn(429, asked)
        self.assertEqual(server.post("/api/login", {"passive": True}).status, 200,
                         "asking who one is costs nothing")

    def test_a_second_factor_is_asked_for(self):
        server = self.serve_ready()
        jar, token = self.cookies(server.post("/api/login", {"user": "ada", "pass": PASSWORD},
                                              key=None))
        def own(path, value):
            return server.request("POST", path, json.dumps(value).encode(),
                                  {**jar, "X-CSRF-Token": token}, key=None)
        begun = own("/api/v1/me/second-factor", {"password": PASSWORD})
        self.assertEqual(begun.status, 201, begun.body)
        secret = re.search(r"secret=([A-Z2-7]+)", next(iter(begun.json().values())))[1]
        now = time.time()
        recovery = own("/api/v1/me/second-factor/confirm", {"code": totp(secret, now)})
        self.assertEqual(recovery.status, 201, recovery.body)
        def log_in(**more):
            return server.post("/api/login", {"user": "ada", "pass": PASSWORD, **more},
                               key=None).status
        self.assertEqual(log_in(), 403)
        self.assertEqual(log_in(code="000000"), 403)
        self.assertEqual(log_in(code=totp(secret, now + 30)), 200, "each code is good once")
        self.assertEqual(log_in(code=totp(secret, now + 30)), 403)

    def cookies(self, reply):
        self.assertEqual(reply.status, 200)
        cookies = dict(cookie.partition(";")[0].split("=", 1)
                       for cookie in reply.headers.get_all("Set-Cookie"))
        jar = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
        return jar, next(value for name, value in cookies.items() if "csrf" in name)

    def test_a_cookie_needs_its_token_for_every_change(self):
        server = self.serve_ready()
        reply = server.post("/api/login", {"user": "ada", "pass": "correct horse battery"},
                            key=None)
        jar, token = self.cookies(reply)
        body = json.dumps({"command": "cancel"}).encode()
        self.assertEqual(server.request("POST", "/api/job", body, jar, key=None).status, 403)
        self.assertEqual(server.request("POST", "/api/job", body,
                                        {**jar, "X-CSRF-Token": token}, key=None).status, 409)
        self.assertEqual(server.request("GET", "/api/job", headers=jar, key=None).status, 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
