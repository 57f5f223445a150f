"""Starts `stepcastd` as a user does and speaks HTTP to it with python3's own library."""

import base64
import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

STEPCASTD = os.environ["STEPCASTD"]
EXAMPLES = pathlib.Path(os.environ["STEPCAST_SOURCE_DIR"]) / "examples"
START_TIMEOUT_S = 60
PASSWORD = "correct horse battery"
BOUNDARY = "----stepcast-test"
FORM = f"multipart/form-data; boundary={BOUNDARY}"
# One pixel; what slicers write is only larger.
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


def thumbnail(picture, size="16x16"):
    """A preview as slicers write it into G-code."""
    text = base64.b64encode(picture).decode()
    return f"; thumbnail begin {size} {len(text)}\n; {text}\n; thumbnail end\n".encode()


def form_of(parts):
    """The body of Server.upload()."""
    body = b""
    for name, *rest in parts:
        file_name = f'; filename="{rest[0]}"' if len(rest) == 2 else ""
        value = rest[-1] if isinstance(rest[-1], bytes) else rest[-1].encode()
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file_name}'
        body += head.encode() + b"\r\n\r\n" + value + b"\r\n"
    return body + f"--{BOUNDARY}--\r\n".encode()


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def reason(self):
        """Of a refusal: by OctoPrint's interface, or by what takes a body before it is asked."""
        body = self.json()
        return body["error"] if "error" in body else body["detail"]


class Server:
    """A daemon of its own, on any port, with a virtual printer that prints as fast as told."""

    def __init__(self, data, speed=200, printer="", more=""):
        """`printer`: more lines of its block in the configuration; `more`: other blocks."""
        self.data = pathlib.Path(data)
        self.config = self.data / "stepcastd.toml"
        self.config.write_text(f'[[printer]]\nid = "taz6"\nprofile = "taz6"\nspeed = {speed}\n{printer}{more}',
                               encoding="utf-8")
        self.process = self.url = self.setup_url = self.key = None

    def start(self):
        self.lines = []
        self.ready = threading.Event()
        self.process = subprocess.Popen(
            [STEPCASTD, "--config", str(self.config), "--data", str(self.data), "--port", "0"],
            stderr=subprocess.STDOUT, stdout=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        if not self.ready.wait(START_TIMEOUT_S) or self.url is None:
            raise AssertionError("stepcastd does not say where it listens: " +
                                 "".join(self.lines))
        return self

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            if found := re.search(r"serves .* at (http\S+)", line):
                self.url = found[1]
                if self.key:
                    self.ready.set()
            if found := re.search(r"administrator at (\S+)", line):
                self.setup_url = found[1]
                self.ready.set()
        self.ready.set()

    @property
    def token(self):
        return self.setup_url.partition("token=")[2]

    def set_up(self):
        reply = self.post("/setup", {"token": self.token, "user": "ada", "password": PASSWORD},
                          key=None)
        assert reply.status == 201, reply.body
        self.key = reply.json()["api_key"]
        return self

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        status = self.process.wait(60)
        self.reader.join(60)
        self.process.stdout.close()
        return status

    def request(self, method, path, body=None, headers=None, key="own"):
        request = urllib.request.Request(self.url + path, data=body, method=method,
                                         headers=dict(headers or {}))
        if key is not None:
            request.add_header("X-Api-Key", self.key if key == "own" else key)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return Reply(reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.headers, error.read())

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def delete(self, path, **more):
        return self.request("DELETE", path, **more)

    def post(self, path, value, **more):
        return self.request("POST", path, json.dumps(value).encode(),
                            {"Content-Type": "application/json"}, **more)

    def upload(self, parts, path="/api/files/local", **more):
        """`parts`: (name, value) for a field, (name, file name, bytes) for a file; in order."""
        return self.request("POST", path, form_of(parts), {"Content-Type": FORM}, **more)

    def wait_for_state(self, state, timeout_s=120):
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            job = self.get("/api/job").json()
            if job["state"] == state:
                return job
            time.sleep(0.05)
        raise AssertionError(f"not {state} within {timeout_s} s: {job}")


class SlowUpload:
    """An upload whose body is sent when, and as far as, the test says."""

    def __init__(self, server, parts, path="/api/files/local"):
        self.body = form_of(parts)
        self.line = http.client.HTTPConnection(urllib.parse.urlsplit(server.url).netloc, timeout=60)
        self.line.putrequest("POST", path)
        for name, value in (("X-Api-Key", server.key), ("Content-Type", FORM),
                            ("Content-Length", str(len(self.body)))):
            self.line.putheader(name, value)
        self.line.endheaders()
        self.sent = 0

    def send_to(self, share):
        """Sends the body so far that this share of it is under way."""
        end = int(len(self.body) * share)
        self.line.send(self.body[self.sent:end])
        self.sent = end

    def finish(self):
        self.send_to(1)
        with contextlib.closing(self.line), self.line.getresponse() as reply:
            return Reply(reply.status, reply.headers, reply.read())

    def break_off(self):
        self.line.close()


class TestCase(unittest.TestCase):
    """Each test has a data folder; serve() starts a server in it that ends with the test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def serve(self, **options):
        server = Server(self.folder, **options).start()
        self.addCleanup(lambda: server.process.poll() is None and server.stop())
        return server

    def serve_ready(self, **options):
        server = self.serve(**options).set_up()
        server.wait_for_state("Operational")
        return server
