"""Clients of OctoPrint against `stepcastd`: real libraries, and requests as slicers send them."""

import asyncio
import inspect
import io
import json
import re
import socket
import threading
import unittest
import urllib.request
from types import MappingProxyType
from urllib.parse import urlparse

import aiohttp
import octorest
import pyoctoprintapi
import requests
import websocket

from camera_support import Camera
from clients_support import Table
from server_support import EXAMPLES, PASSWORD, TestCase

SQUARE = (EXAMPLES / "square.gcode").read_bytes()
NUT = (EXAMPLES / "nut.gcode").read_bytes()


def reason_in(text):
    """What a refusal says, without what differs from run to run."""
    found = re.search(r"\{.*\} \((\d+)\)$", text, re.S)
    body = re.search(r"(\{.*\})", text, re.S)
    status = found[1] if found else re.search(r"(\d{3})", text)[1]
    try:
        error = json.loads(body[1])
        return f"{status}: {error.get('error') or error.get('detail')}"
    except (TypeError, ValueError):
        return status


class OctoRestMethods(TestCase):
    """Each public method of OctoRest; one that is added to the class is missed here."""

    def run_step(self, name, step, expected):
        try:
            step()
        except RuntimeError as error:  # what OctoRest raises for a status outside 200 to 209
            self.assertEqual(expected, "refused", f"{name}: {error}")
            self.table.add(name, "refused, " + reason_in(str(error)))
            return
        self.assertEqual(expected, "ok", f"{name} was expected to be refused")
        self.table.add(name, "ok")

    def test_every_method_has_its_expected_result(self):
        server = self.serve_ready(speed=5)
        self.table = Table(self, "OctoRest 0.4")
        client = octorest.OctoRest(url=server.url, apikey=server.key)
        heated = "ok" if client.printer()["temperature"] else "refused"
        wait = server.wait_for_state
        covered = set()

        def steps(*entries):
            for name, step, expected in entries:
                covered.add(name)
                self.run_step(name, step, expected)

        def once_at_rest(step):
            """A move by hand is no state of its own, and refuses what would disturb it."""
            while True:
                try:
                    return step()
                except RuntimeError as error:
                    if "under way" not in str(error):
                        raise

        def file_of(name):
            return (name, io.BytesIO(NUT))

        def authorised(client=client):
            url = client.start_authorization_process("a test")
            self.assertEqual(client.poll_auth_request_decision(url)[0],
                             octorest.AuthorizationRequestPollingResult.STILL_WAITING)

        def whole_workflow():
            def allow():
                mine = []
                while not mine:
                    mine = [request for request in server.get("/api/plugin/appkeys").json()["pending"]
                            if request["app_id"] == "another test"]
                server.post(f"/plugin/appkeys/decision/{mine[0]['user_token']}",
                            {"decision": True})
            person = threading.Thread(target=allow)
            person.start()
            result, key = client.try_get_api_key("another test", None)
            person.join()
            self.assertEqual(result, octorest.WorkflowAppKeyRequestResult.GRANTED)
            self.assertEqual(server.get("/api/version", key=key).status, 200)

        try:
            steps(
                ("load_api_key", lambda: client.load_api_key(server.key), "ok"),
                ("get_version", client.get_version, "ok"),
                ("tmp_session_key", client.tmp_session_key, "refused"),
                ("verify_tmp_session_key", client.verify_tmp_session_key, "refused"),
                ("probe_app_keys_workflow_support",
                 lambda: self.assertTrue(client.probe_app_keys_workflow_support()), "ok"),
                ("start_authorization_process", authorised, "ok"),
                ("poll_auth_request_decision", authorised, "ok"),
                ("try_get_api_key", whole_workflow, "ok"),
                ("connection_info", client.connection_info, "ok"),
                ("state", lambda: self.assertEqual(client.state(), "Operational"), "ok"),
                ("fake_ack", client.fake_ack, "ok"),
                ("disconnect", client.disconnect, "ok"),
            )
            wait("Offline")
            steps(("connect", client.connect, "ok"))
            wait("Operational")
            steps(
                ("new_folder", lambda: client.new_folder("parts"), "ok"),
                ("upload", lambda: client.upload(file_of("nut.gcode"), select=True, print=True,
                                                 path="parts"), "ok"),
                ("files", lambda: client.files(recursive=True), "ok"),
                ("files_info", lambda: client.files_info("local", "nut.gcode"), "ok"),
                ("copy", lambda: client.copy("nut.gcode", "parts"), "ok"),
                ("move", lambda: client.move("parts/nut.gcode", "parts/two.gcode"), "ok"),
                ("slice", lambda: client.slice("nut.gcode"), "refused"),
                ("delete", lambda: client.delete("parts/two.gcode"), "ok"),
                ("select", lambda: client.select("nut.gcode"), "ok"),
                ("job_info", client.job_info, "ok"),
                ("jog", lambda: client.jog(x=10, z=5), "ok"),
            )
            steps(("home", lambda: once_at_rest(client.home), "ok"),
                  ("start", lambda: once_at_rest(client.start), "ok"))
            wait("Printing")
            steps(("pause", client.pause, "ok"))
            wait("Paused")
            steps(("resume", client.resume, "ok"))
            wait("Printing")
            steps(("toggle", client.toggle, "ok"))
            wait("Paused")
            steps(("restart", client.restart, "ok"))
            wait("Printing")
            steps(("pause_command", lambda: client.pause_command("pause"), "ok"))
            wait("Paused")
            steps(("cancel", client.cancel, "ok"))
            wait("Operational")
            steps(
                ("printer", lambda: client.printer(history=True, limit=2), "ok"),
                ("tool", client.tool, "ok"),
                ("bed", client.bed, "ok"),
                ("chamber", client.chamber, "ok"),
                ("tool_target", lambda: client.tool_target(0), heated),
                ("tool_offset", lambda: client.tool_offset(5), "refused"),
                ("tool_select", lambda: client.tool_select(0), "ok"),
                ("bed_target", lambda: client.bed_target(0), heated),
                ("bed_offset", lambda: client.bed_offset(5), "refused"),
                ("chamber_target", lambda: client.chamber_target(0), "refused"),
                ("chamber_offset", lambda: client.chamber_offset(5), "refused"),
                ("sd", client.sd, "refused"),
                ("sd_init", client.sd_init, "refused"),
                ("sd_refresh", client.sd_refresh, "refused"),
                ("sd_release", client.sd_release, "refused"),
                ("custom_control_request", client.custom_control_request, "ok"),
                ("printer_profiles", client.printer_profiles, "ok"),
                ("printer_profile", client.printer_profile, "ok"),
                ("add_printer_profile",
                 lambda: client.add_printer_profile({"profile": {"id": "x"}}), "refused"),
                ("update_printer_profile",
                 lambda: client.update_printer_profile("taz6", {"profile": {"name": "Big"}}), "ok"),
                ("delete_printer_profile", lambda: client.delete_printer_profile("taz6"),
                 "refused"),
                ("settings", lambda: client.settings({"appearance": {"name": "Workshop"}}), "ok"),
                ("regenerate_apikey", client.regenerate_apikey, "refused"),
                ("fetch_templates", client.fetch_templates, "refused"),
                ("slicers", client.slicers, "ok"),
                ("slicer_profiles", lambda: client.slicer_profiles("curalegacy"), "refused"),
                ("slicer_profile", lambda: client.slicer_profile("curalegacy", "x"), "refused"),
                ("add_slicer_profile", lambda: client.add_slicer_profile("curalegacy", "x", {}),
                 "refused"),
                ("delete_slicer_profile", lambda: client.delete_slicer_profile("curalegacy", "x"),
                 "refused"),
                ("languages", client.languages, "ok"),
                ("upload_language", lambda: client.upload_language(("x.zip", io.BytesIO(b"x"))),
                 "refused"),
                ("delete_language", lambda: client.delete_language("es", "x"), "refused"),
                ("logs", client.logs, "ok"),
                ("delete_log", lambda: client.delete_log("octoprint.log"), "refused"),
                ("system_commands", client.system_commands, "ok"),
                ("source_system_commands", lambda: client.source_system_commands("core"), "ok"),
                ("execute_system_command",
                 lambda: client.execute_system_command("core", "shutdown"), "refused"),
                ("timelapses", client.timelapses, "ok"),
                ("change_timelapse_config", lambda: client.change_timelapse_config("off"), "ok"),
                ("delete_timelapse", lambda: client.delete_timelapse("x.mp4"), "refused"),
                ("render_timelapse", lambda: client.render_timelapse("x"), "refused"),
                ("delete_unrendered_timelapse", lambda: client.delete_unrendered_timelapse("x"),
                 "refused"),
                ("users", client.users, "ok"),
                ("add_user", lambda: client.add_user("bob", PASSWORD, active=True), "ok"),
                ("user", lambda: client.user("bob"), "ok"),
                ("update_user", lambda: client.update_user("bob", admin=True), "ok"),
                ("reset_user_password", lambda: client.reset_user_password("bob", PASSWORD + "2"),
                 "ok"),
                ("user_settings", lambda: client.user_settings("bob"), "ok"),
                ("update_user_settings",
                 lambda: client.update_user_settings("bob", {"interface": {"language": "es"}}),
                 "ok"),
                ("regenerate_user_apikey", lambda: client.regenerate_user_apikey("bob"), "ok"),
                ("delete_user_apikey", lambda: client.delete_user_apikey("bob"), "ok"),
                ("delete_user", lambda: client.delete_user("bob"), "ok"),
                ("util_test_path", lambda: client.util_test_path("/etc", "dir", "r"), "refused"),
                ("util_test_url",
                 lambda: client.util_test_url("http://localhost", 200, "GET", "json"), "refused"),
                ("util_test_server", lambda: client.util_test_server("localhost", 80, "tcp"),
                 "refused"),
                ("wizard", client.wizard, "ok"),
                ("finish_wizards", lambda: client.finish_wizards([]), "ok"),
            )
            # Filament moves when the nozzle is hot: behind a wait, as moves by hand wait for each
            # other.
            steps(
                ("feedrate", lambda: client.feedrate(100), "ok"),
                ("flowrate", lambda: client.flowrate(100), "ok"),
                ("gcode", lambda: client.gcode(["M105", "M109 S200"]), "ok"),
                ("extrude", lambda: client.extrude(1), "ok"),
                ("retract", lambda: client.retract(1), "ok"),
            )
        finally:
            self.table.rows.sort()
        public = {name for name, _ in inspect.getmembers(octorest.OctoRest, inspect.isfunction)
                  if not name.startswith("_")}
        self.assertEqual(public - covered, set(), "methods of OctoRest that nobody tries")
        self.table.close()


class OctoRestSockets(TestCase):
    """Its three classes for the push interface."""

    def test_they_hear_the_state_of_the_printer(self):
        server = self.serve_ready()
        table = Table(self, "OctoRest 0.4, push")
        session = requests.Session()
        session.headers["X-Api-Key"] = server.key
        generator = octorest.XHRStreamingGenerator(server.url, session=session)
        table.ok("XHRStreamingGenerator.info", generator.info()["websocket"])
        messages = generator.read_loop()
        kinds = [next(iter(next(messages))) for _ in range(3)]
        table.ok("XHRStreamingGenerator.read_loop",
                 kinds == ["connected", "history", "current"], kinds)
        table.ok("XHRStreamingGenerator.send",
                 generator.send({"throttle": 2}).status_code == 204)
        messages.close()

        stranger = octorest.XHRStreamingGenerator(server.url)
        messages = stranger.read_loop()
        first = next(messages)
        table.ok("read_loop without a key hears nothing but `connected`",
                 set(first) == {"connected"} and "key" not in json.dumps(first), first)

        heard, opened = [], threading.Event()
        enough = threading.Event()

        def on_message(_, message):
            heard.append(message)
            enough.set()

        for kind in (octorest.XHRStreamingEventHandler, octorest.WebSocketEventHandler):
            heard.clear()
            enough.clear()
            handler = kind(server.url, on_open=lambda _: opened.set(), on_message=on_message)
            handler.run()
            self.assertTrue(enough.wait(20), kind)
            table.ok(f"{kind.__name__}.run", "connected" in heard[0], heard)
        table.close()


class HomeAssistant(TestCase):
    """pyoctoprintapi, with the calls of the integration."""

    async def talk(self, server, table):
        location = urlparse(server.url)
        async with aiohttp.ClientSession() as session:
            client = pyoctoprintapi.OctoprintClient(location.hostname, session, location.port)

            async def allow():
                while not (pending := (await asyncio.to_thread(
                        server.get, "/api/plugin/appkeys")).json()["pending"]):
                    await asyncio.sleep(0)
                await asyncio.to_thread(server.post,
                                        f"/plugin/appkeys/decision/{pending[0]['user_token']}",
                                        {"decision": True})

            key, _ = await asyncio.gather(client.request_app_key("Home Assistant", "ada", 60),
                                          allow())
            table.ok("request_app_key", len(key) >= 32)
            client.set_api_key(key)
            table.ok("set_api_key")
            printer = await client.get_printer_info()
            table.ok("get_printer_info", printer.state.text == "Operational" and
                     printer.state.flags.ready and not printer.state.flags.printing)
            job = await client.get_job_info()
            table.ok("get_job_info", job.state == "Operational" and
                     job.progress.completion is None and job.job.file.name is None)
            info = await client.get_server_info()
            table.ok("get_server_info", re.fullmatch(r"[\d.]+", info.version))
            table.ok("get_tracking_info", not (await client.get_tracking_info()).enabled)
            table.ok("get_discovery_info", (await client.get_discovery_info()).upnp_uuid)
            webcam = await client.get_webcam_info()
            table.ok("get_webcam_info", webcam.enabled and
                     (await asyncio.to_thread(picture_at, webcam.external_snapshot_url)).startswith(b"\xff\xd8"),
                     webcam.external_snapshot_url)

            for name in ("shutdown", "reboot_system", "restart"):
                await self.refused(table, name, getattr(client, name)())
            await client.disconnect()
            await asyncio.to_thread(server.wait_for_state, "Offline")
            try:
                await client.get_printer_info()
                self.fail("a printer that is gone has a state")
            except pyoctoprintapi.PrinterOffline:
                table.ok("get_printer_info while disconnected: PrinterOffline")
            table.ok("disconnect")
            await client.connect(printer_profile="taz6")
            await asyncio.to_thread(server.wait_for_state, "Operational")
            table.ok("connect")

            server.upload([("file", "nut.gcode", NUT), ("print", "true")])
            await asyncio.to_thread(server.wait_for_state, "Printing")
            job = await client.get_job_info()
            table.ok("get_job_info while printing", job.job.file.name == "nut.gcode")
            for name, state in (("pause_job", "Paused"), ("resume_job", "Printing"),
                                ("cancel_job", "Operational")):
                await getattr(client, name)()
                await asyncio.to_thread(server.wait_for_state, state)
                table.ok(name)
            if printer.has_heated_bed:
                await client.set_bed_temperature(0)
                await client.turn_bed_off()
                await client.set_tool_temperature("tool0", 0)
                await client.turn_tool_off("tool0")
                for name in ("set_bed_temperature", "turn_bed_off", "set_tool_temperature",
                             "turn_tool_off"):
                    table.ok(name)
            else:
                await self.refused(table, "set_bed_temperature", client.set_bed_temperature(60))
                await self.refused(table, "turn_bed_off", client.turn_bed_off())
                await self.refused(table, "set_tool_temperature",
                                   client.set_tool_temperature("tool0", 200))
                await self.refused(table, "turn_tool_off", client.turn_tool_off("tool0"))

    async def refused(self, table, name, call):
        try:
            await call
        except pyoctoprintapi.ApiError as error:
            table.add(name, f"refused: {error}")
            return
        self.fail(f"{name} was expected to be refused")

    def test_each_call_of_the_integration(self):
        with Camera() as camera:
            server = self.serve_ready(speed=5, printer=f'camera = "{camera.url}"\n')
            table = Table(self, "pyoctoprintapi 0.1.14 (Home Assistant)")
            asyncio.run(self.talk(server, table))
        public = {name for name, _ in inspect.getmembers(pyoctoprintapi.OctoprintClient,
                                                         inspect.iscoroutinefunction)}
        tried = {call.split(" ")[0] for call, _ in table.rows}
        self.assertEqual(public - tried, set(), "calls that nobody tries")
        table.close()


def picture_at(address):
    """As Home Assistant's camera fetches it: without a key."""
    with urllib.request.urlopen(address, timeout=20) as reply:
        return reply.read()


class Wire:
    """A connection that sends what it is told, byte by byte."""

    def __init__(self, server):
        where = urlparse(server.url)
        self.socket = socket.create_connection((where.hostname, where.port), timeout=20)
        self.file = self.socket.makefile("rb")

    def send(self, text):
        self.socket.sendall(text if isinstance(text, bytes) else text.encode())

    def answer(self):
        status = int(self.file.readline().split()[1])
        headers = {}
        while (line := self.file.readline().strip()):
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = self.file.read(int(headers.get("content-length", 0)))
        return status, headers, body

    def close(self):
        self.file.close()
        self.socket.close()


class Slicers(TestCase):

    def wire(self, server):
        wire = Wire(server)
        self.addCleanup(wire.close)
        return wire

    def test_prusaslicer_and_orcaslicer_upload(self):
        server = self.serve_ready()
        table = Table(self, "PrusaSlicer, SuperSlicer, OrcaSlicer (transcript)")
        wire = self.wire(server)
        # On Windows the address may be an IP and the name only in Host.
        head = ("Host: printer.local\r\nUser-Agent: PrusaSlicer/2.5\r\nAccept: */*\r\n"
                f"X-Api-Key: {server.key}\r\n")
        wire.send(f"GET /api/version HTTP/1.1\r\n{head}\r\n")
        status, _, body = wire.answer()
        version = json.loads(body)
        table.ok("GET api/version", status == 200 and "api" in version and
                 version["text"].startswith("OctoPrint"), body)

        def form(boundary, name):
            parts = "".join(
                f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n'
                f"{value}\r\n" for field, value in (("print", "false"), ("path", "")))
            return (f"{parts}--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; "
                    f"filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
                    ).encode() + SQUARE + f"\r\n--{boundary}--\r\n".encode()

        boundary = "------------------------5f1b3a"
        for prefix, expect in (("", False), ("", True), ("/p/taz6", True)):
            body = form(boundary, "part.gcode")
            more = "Expect: 100-continue\r\n" if expect else ""
            wire.send(f"POST {prefix}/api/files/local HTTP/1.1\r\n{head}{more}Content-Type: "
                      f"multipart/form-data; boundary={boundary}\r\n"
                      f"Content-Length: {len(body)}\r\n\r\n")
            if expect:
                self.assertEqual(wire.answer()[0], 100)
            wire.send(body)
            status, headers, _ = wire.answer()
            how = ", Expect: 100-continue" if expect else ""
            table.ok(f"POST {prefix}/api/files/local (print, path, file{how})",
                     status == 201 and f"{prefix}/api/files/local/part.gcode" in
                     headers["location"], (status, headers))
        wire.send("POST /api/files/local HTTP/1.1\r\nHost: x\r\nX-Api-Key: wrong\r\n"
                  "Expect: 100-continue\r\nContent-Type: multipart/form-data; boundary=x\r\n"
                  "Content-Length: 5000000\r\n\r\n")
        status, _, _ = wire.answer()
        table.ok("upload with a wrong key: 403 before the file is sent", status == 403, status)
        table.close()

    def test_cura_plugin(self):
        server = self.serve_ready()
        table = Table(self, "Cura, OctoPrint plug-in (transcript)")
        settings = server.get("/api/settings").json()
        table.ok("GET api/settings", {"feature", "webcam", "plugins"} <= set(settings))
        table.ok("GET api/version", server.get("/api/version").json()["server"])
        profiles = server.get("/api/printerprofiles").json()["profiles"]
        table.ok("GET api/printerprofiles",
                 [profile["current"] for profile in profiles.values()] == [True])
        login = server.post("/api/login", {"passive": True})
        table.ok("POST api/login {passive}", login.status == 200 and login.json()["session"])
        printer = server.get("/api/printer")
        table.ok("GET api/printer", printer.status == 200 and
                 "history" not in printer.json()["temperature"])
        job = server.get("/api/job").json()
        table.ok("GET api/job: no object is null", job["progress"]["printTime"] is None and
                 job["job"]["file"]["name"] is None and job["job"]["filament"]["tool0"])
        reply = server.upload([("path", ""), ("file", "cura.gcode", SQUARE), ("select", "true"),
                               ("print", "false")])
        table.ok("POST api/files/local (path, file, select, print)", reply.status == 201 and
                 "api/" in reply.headers["Location"] and reply.json()["effectiveSelect"])
        path = urlparse(reply.headers["Location"]).path
        table.ok("POST {Location} select", server.post(path, {"command": "select"}).status == 204)
        while (analysis := server.get(path).json().get("gcodeAnalysis")) is None:
            pass
        table.ok("GET {Location} until gcodeAnalysis.progress is 100", analysis["progress"] == 100)
        table.ok("POST api/job", server.post("/api/job", {"command": "start"}).status == 204)
        server.wait_for_state("Operational")
        table.ok("POST api/connection disconnect",
                 server.post("/api/connection", {"command": "disconnect"}).status == 204)
        server.wait_for_state("Offline")
        table.ok("GET api/printer while disconnected: 409",
                 server.get("/api/printer").status == 409)
        table.close()


class OctoPod(TestCase):
    """Application key, passive login, raw socket."""

    def next_of(self, link, kind):
        while True:
            message = json.loads(link.recv())
            if kind in message:
                return message[kind]

    def test_a_phone_pairs_and_listens(self):
        server = self.serve_ready()
        table = Table(self, "OctoPod, OctoApp (transcript)")
        base = server.url
        table.ok("GET plugin/appkeys/probe",
                 requests.get(base + "/plugin/appkeys/probe", timeout=20).status_code == 204)
        asked = requests.post(base + "/plugin/appkeys/request", json={"app": "OctoPod"}, timeout=20)
        poll = asked.headers["Location"]
        table.ok("POST plugin/appkeys/request", asked.status_code == 201 and
                 asked.json()["auth_dialog"].startswith(base))
        waiting = requests.get(poll, timeout=20)
        table.ok("GET plugin/appkeys/request/T: 202 with JSON",
                 waiting.status_code == 202 and waiting.json()["message"])
        decision = server.get("/api/plugin/appkeys").json()["pending"][0]["user_token"]
        table.ok("POST plugin/appkeys/decision/U", server.post(
            f"/plugin/appkeys/decision/{decision}", {"decision": True}).status == 204)
        key = requests.get(poll, timeout=20).json()["api_key"]
        table.ok("GET plugin/appkeys/request/T: 200 with the key",
                 requests.get(poll, timeout=20).status_code == 404)
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {key}"
        login = session.post(base + "//api/login/", json={"passive": True}, timeout=20).json()
        table.ok("POST api/login {passive}", login["_is_external_client"] and login["session"])

        address = base.replace("http", "ws") + "/sockjs/websocket"
        link = websocket.create_connection(address, timeout=20)
        self.addCleanup(link.close)
        connected = self.next_of(link, "connected")
        table.ok("sockjs/websocket: `connected` without a key in it",
                 connected["display_version"] and key not in json.dumps(connected))
        link.send(json.dumps({"auth": "ada:wrong"}))
        table.ok("auth with a wrong session: `reauthRequired`",
                 self.next_of(link, "reauthRequired")["reason"] == "stale")
        link.send(json.dumps({"throttle": 1}))
        link.send("{}")
        link.send(json.dumps({"auth": f"{login['name']}:{login['session']}"}))
        history = self.next_of(link, "history")
        table.ok("auth: `history`, then `current`",
                 history["state"]["text"] == "Operational" and
                 self.next_of(link, "current")["state"]["flags"]["ready"])
        table.ok("heartbeat {}: no answer")
        server.upload([("file", "square.gcode", SQUARE), ("print", "true")])
        events = []
        while "PrintDone" not in events:
            events.append(self.next_of(link, "event")["type"])
        table.ok("events: PrintStarted, PrinterStateChanged, PrintDone",
                 {"PrintStarted", "PrinterStateChanged"} <= set(events), events)
        session.post(base + "/api/printerprofiles", json={}, timeout=20)
        server.post("/api/settings", {"appearance": {"name": "Shed"}})
        while self.next_of(link, "event")["type"] != "SettingsUpdated":
            pass
        table.ok("events: SettingsUpdated")

        quiet = websocket.create_connection(address, timeout=20, header=[f"X-Api-Key: {key}"])
        self.addCleanup(quiet.close)
        quiet.send(json.dumps({"subscribe": {"events": ["PrintDone"]}}))
        self.next_of(quiet, "history")
        server.upload([("file", "square.gcode", SQUARE), ("print", "true")])
        table.ok("subscribe: only what was asked for",
                 self.next_of(quiet, "event")["type"] == "PrintDone")

        logged_in = requests.post(base + "/api/login", json={"user": "ada", "pass": PASSWORD},
                                  timeout=20)
        foreign = websocket.create_connection(address, timeout=20, cookie="; ".join(
            f"{name}={value}" for name, value in logged_in.cookies.items()))
        self.addCleanup(foreign.close)
        self.next_of(foreign, "connected")
        foreign.send(json.dumps({"auth": "ada:wrong"}))
        table.ok("sockjs/websocket with a cookie alone: nothing but `connected`",
                 "reauthRequired" in json.loads(foreign.recv()))

        mine = next(item for item in server.get("/api/plugin/appkeys").json()["keys"]
                    if item["app_id"] == "OctoPod")
        server.post("/api/plugin/appkeys", {"command": "revoke", "id": mine["id"]})
        table.ok("key revoked: `reauthRequired`",
                 self.next_of(link, "reauthRequired")["reason"] == "removed")
        table.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
