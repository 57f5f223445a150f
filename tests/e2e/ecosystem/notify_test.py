"""Notifications and hooks of `stepcastd` to real servers and commands."""

import email
import email.policy
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import queue
import re
import socket
import subprocess
import threading
import tomllib
import unittest

import aiosmtpd.controller

from server_support import EXAMPLES, STEPCASTD, Server, TestCase

SOURCE = pathlib.Path(os.environ["STEPCAST_SOURCE_DIR"])
SQUARE = (EXAMPLES / "square.gcode").read_bytes()
JPEG = b"\xff\xd8\xff\xe0 what the camera sees \xff\xd9"
PATIENCE_S = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Receiver:
    """Takes webhooks, and is a camera."""

    def __init__(self):
        self.heard = heard = queue.Queue()

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, body, kind):
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                self.answer(JPEG, "image/jpeg")

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                heard.put((self.path, self.headers, body))
                self.answer(b"", "text/plain")

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def wait_for(self, event):
        while True:
            path, headers, body = self.heard.get(timeout=PATIENCE_S)
            if headers["X-Stepcast-Event"] == event:
                return path, headers, body

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Mailbox:
    def __init__(self):
        self.mails = queue.Queue()

    async def handle_DATA(self, _server, _session, envelope):
        self.mails.put(envelope)
        return "250 OK"


class Notifications(TestCase):

    def receiver(self):
        receiver = Receiver()
        self.addCleanup(receiver.stop)
        return receiver

    def print_square(self, server):
        self.assertEqual(server.upload([("print", "true"), ("file", "a.gcode", SQUARE)]).status,
                         201)
        server.wait_for_state("Operational")

    def test_a_hook_gets_signed_events_and_a_command_gets_them_on_its_input(self):
        receiver = self.receiver()
        (self.folder / "secret").write_text("shared\n", encoding="utf-8")
        told = self.folder / "told"
        server = self.serve_ready(more=f"""
[[hook]]
name = "books"
events = ["PrintDone"]
url = "{receiver.url}/books"
secret_file = "{self.folder / 'secret'}"
[[hook]]
name = "lamp"
events = ["PrintStarted", "PrintDone"]
command = ["/bin/sh", "-c", "cat >> \\"$0\\"; echo >> \\"$0\\"", "{told}"]
""")
        self.print_square(server)
        path, headers, body = receiver.wait_for("PrintDone")
        self.assertEqual(path, "/books")
        self.assertEqual(headers["X-Stepcast-Signature"],
                         "sha256=" + hmac.new(b"shared", body, hashlib.sha256).hexdigest())
        event = json.loads(body)
        self.assertEqual(headers["X-Stepcast-Delivery"], str(event["sequence"]))
        self.assertEqual((event["printer"], event["payload"]["path"]), ("taz6", "a.gcode"))
        server.stop()  # waits for the command
        lines = told.read_text(encoding="utf-8").splitlines()
        self.assertEqual([json.loads(line)["type"] for line in lines][0], "PrintStarted")

    def test_a_mail_in_spanish_carries_the_picture_of_the_camera(self):
        receiver = self.receiver()
        box = Mailbox()
        mail_server = aiosmtpd.controller.Controller(box, hostname="127.0.0.1", port=free_port())
        mail_server.start()
        self.addCleanup(mail_server.stop)
        port = mail_server.port
        server = self.serve_ready(more=f"""camera = "{receiver.url}/camera"
[[notify.channel]]
name = "mail"
kind = "email"
url = "smtp://127.0.0.1:{port}"
require_tls = false
from = "printer@workshop.example"
to = ["ana@workshop.example"]
language = "es"
[[notify.rule]]
events = ["PrintDone"]
channels = ["mail"]
""")
        self.print_square(server)
        envelope = box.mails.get(timeout=PATIENCE_S)
        self.assertEqual(envelope.rcpt_tos, ["ana@workshop.example"])
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.assertIn("impresión terminada", message["Subject"])
        parts = {part.get_content_type(): part for part in message.walk()}
        self.assertIn("Archivo: a.gcode", parts["text/plain"].get_content())
        self.assertEqual(parts["image/jpeg"].get_content(), JPEG)
        families = server.get("/metrics").body.decode()
        self.assertIn('stepcast_notify_delivered_total{channel="mail"} 1\n', families)

    def test_a_channel_that_is_dead_shows_and_holds_up_nothing(self):
        receiver = self.receiver()
        server = self.serve_ready(more=f"""
[[hook]]
name = "dead"
events = ["*"]
url = "http://127.0.0.1:1/"
[[hook]]
name = "alive"
events = ["PrintDone"]
url = "{receiver.url}/"
""")
        self.print_square(server)
        receiver.wait_for("PrintDone")
        metrics = server.get("/metrics").body.decode()
        self.assertIn('stepcast_notify_well{channel="hook dead"} 0\n', metrics)
        self.assertIn('stepcast_notify_well{channel="hook alive"} 1\n', metrics)
        self.assertTrue(any("hook dead" in line for line in server.lines))

    def test_what_is_wrong_in_the_configuration_is_named(self):
        for more, wanted in (
                ('[[hook]]\nname = "x"\nevents = ["*"]\n', "needs either command or url"),
                ('[[hook]]\nname = "x"\nurl = "http://x"\n', "needs events"),
                ('[[notify.channel]]\nname = "x"\nkind = "pigeon"\n', "'pigeon'"),
                ('[[notify.rule]]\nevents = ["*"]\nchannels = ["nobody"]\n', "'nobody'"),
                ('[[notify.channel]]\nname = "x"\nurl = "http://x"\nquiet = "night"\n', "'night'"),
                ('[mqtt]\nserver = "broker"\n', "'broker'"),
                ('[mqtt]\nserver = "mqtt://b"\ncomands = true\n', "mqtt.comands")):
            server = Server(self.folder, more=more)
            refused = subprocess.run([STEPCASTD, "--config", str(server.config), "--data",
                                      str(self.folder), "--port", "0"], capture_output=True,
                                     text=True, timeout=PATIENCE_S)
            self.assertNotEqual(refused.returncode, 0, more)
            self.assertIn(wanted, refused.stderr + refused.stdout)

    def test_the_examples_of_the_documentation_are_understood(self):
        text = (SOURCE / "docs/integrations.md").read_text(encoding="utf-8")
        examples = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
        self.assertGreaterEqual(len(examples), 3)
        secret = self.folder / "secret"
        secret.write_text("secret\n", encoding="utf-8")
        for example in examples:
            tomllib.loads(example)
            example = re.sub(r'"/etc/stepcast/[a-z]+\.(?:token|password|secret)"', f'"{secret}"',
                             example)
            example = example.replace('/etc/stepcast/ca.pem', "/etc/ssl/certs/ca-certificates.crt")
            example = example.replace("/usr/local/bin/lamp", "/bin/true")
            server = self.serve(more=example)
            server.stop()


class Languages(TestCase):

    def test_the_first_page_speaks_the_language_of_the_browser(self):
        server = self.serve()
        for header, language, words in (
                ("es-MX,es;q=0.9", "es", "Crea el primer administrador"),
                ("de,en;q=0.5", "en", "Make the first administrator"),
                ("", "en", "Make the first administrator")):
            page = server.get("/setup", headers={"Accept-Language": header}, key=None).body.decode()
            self.assertIn(f'<html lang="{language}">', page)
            self.assertIn(words, page)
            self.assertNotRegex(page, r"[>\"]\{[a-z]+\}[<\"]")


if __name__ == "__main__":
    unittest.main(verbosity=2)
