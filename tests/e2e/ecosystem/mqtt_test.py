"""`stepcastd` with a real mosquitto: states, Home Assistant, commands, brokers that come and go."""

import json
import queue
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest

import paho.mqtt.client

from server_support import EXAMPLES, TestCase

NUT = (EXAMPLES / "nut.gcode").read_bytes()
SQUARE = (EXAMPLES / "square.gcode").read_bytes()
PATIENCE_S = 60
MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Broker:
    def __init__(self, folder, *lines):
        self.port = free_port()
        self.config = folder / "mosquitto.conf"
        self.config.write_text("\n".join([f"listener {self.port} 127.0.0.1", *lines, ""]),
                               encoding="utf-8")
        self.process = None

    def start(self):
        self.process = subprocess.Popen([MOSQUITTO, "-c", str(self.config)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return self
            except OSError:
                if time.monotonic() > end or self.process.poll() is not None:
                    raise
                time.sleep(0.02)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE_S)


class Watcher:
    """A client of somebody else that keeps what it hears."""

    def __init__(self, port, user=None, password=None, ca=None):
        self.heard = queue.Queue()
        self.latest = {}  # of what was waited through, by topic
        self.client = paho.mqtt.client.Client(paho.mqtt.client.CallbackAPIVersion.VERSION2)
        if user:
            self.client.username_pw_set(user, password)
        if ca:
            self.client.tls_set(ca_certs=str(ca))
        self.subscribed = threading.Event()
        self.client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self.client.on_subscribe = lambda *_: self.subscribed.set()
        self.client.on_message = lambda _client, _data, message: self.heard.put(message)
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def wait_for(self, topic, holds=lambda text: True):
        end = time.monotonic() + PATIENCE_S
        seen = []
        while True:
            try:
                message = self.heard.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"nothing fit on {topic}: {seen[-10:]}") from None
            text = message.payload.decode()
            self.latest[message.topic] = message
            if message.topic == topic and holds(text):
                return message
            seen.append((message.topic, text))

    def wait_until(self, topic, holds):
        """As wait_for, but what was heard last on the way counts: states are told once."""
        last = self.latest.get(topic)
        return last if last and holds(last.payload.decode()) else self.wait_for(topic, holds)

    def publish(self, topic, value, retain=False):
        payload = value if isinstance(value, str) else json.dumps(value)
        self.client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)

    def stop(self):
        self.client.disconnect()
        self.client.loop_stop()


def has(**wanted):
    return lambda text: wanted.items() <= json.loads(text).items()


class MqttTestCase(TestCase):

    def broker(self, *lines):
        broker = Broker(self.folder, *lines).start()
        self.addCleanup(broker.stop)
        return broker

    def watcher(self, port, **options):
        watcher = Watcher(port, **options)
        self.addCleanup(watcher.stop)
        # What is told before somebody listens is told to nobody.
        self.assertTrue(watcher.subscribed.wait(PATIENCE_S))
        return watcher


class Mqtt(MqttTestCase):

    def test_state_and_events_of_a_print_are_told(self):
        broker = self.broker("allow_anonymous true")
        watcher = self.watcher(broker.port)
        server = self.serve_ready(more=f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\n')
        watcher.wait_for("stepcast/status", lambda text: text == "online")
        watcher.wait_until("stepcast/taz6/state", has(state="Operational"))
        self.assertEqual(server.upload([("print", "true"), ("file", "a.gcode", SQUARE)]).status,
                         201)
        started = json.loads(watcher.wait_for("stepcast/taz6/event/PrintStarted").payload)
        self.assertEqual(started["printer"], "taz6")
        self.assertEqual(started["payload"]["path"], "a.gcode")
        done = watcher.wait_for("stepcast/taz6/event/PrintDone")
        self.assertFalse(done.retain)
        self.assertEqual(json.loads(done.payload)["job"], started["job"])
        watcher.wait_until("stepcast/taz6/state", lambda text: has(state="Operational")(text)
                           and json.loads(text)["job"]["progress"] == 100)
        # Who comes later learns the state at once; going in order is told too.
        later = self.watcher(broker.port)
        self.assertTrue(later.wait_for("stepcast/taz6/state", has(state="Operational")).retain)
        server.stop()
        watcher.wait_for("stepcast/status", lambda text: text == "offline")

    def test_home_assistant_finds_sensors_buttons_and_what_they_need(self):
        broker = self.broker("allow_anonymous true")
        watcher = self.watcher(broker.port)
        self.serve_ready(more=f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\n'
                              'commands = true\nlanguage = "es"\n')
        first = watcher.wait_for("stepcast/taz6/available", lambda text: text == "online")
        self.assertEqual(first.payload, b"online")
        entities = {}
        later = self.watcher(broker.port)
        while "cancel" not in entities:
            message = later.heard.get(timeout=PATIENCE_S)
            if message.topic.startswith("homeassistant/"):
                self.assertTrue(message.retain)
                component, _node, name = message.topic.split("/")[1:4]
                entities[name] = (component, json.loads(message.payload))
        component, progress = entities["progress"]
        self.assertEqual(component, "sensor")
        self.assertEqual(progress["name"], "Progreso")
        self.assertEqual(progress["state_topic"], "stepcast/taz6/state")
        self.assertEqual(progress["value_template"], "{{ value_json.job.progress }}")
        self.assertEqual([item["topic"] for item in progress["availability"]],
                         ["stepcast/status", "stepcast/taz6/available"])
        component, pause = entities["pause"]
        self.assertEqual(component, "button")
        self.assertEqual((pause["command_topic"], pause["payload_press"]),
                         ("stepcast/taz6/command", "pause"))
        self.assertFalse(pause["retain"])
        self.assertEqual(len({entity["unique_id"] for _, entity in entities.values()}),
                         len(entities))
        self.assertEqual(len({json.dumps(entity["device"]) for _, entity in entities.values()}), 1)

    def test_commands_are_carried_out_at_most_once_and_answered(self):
        broker = self.broker("allow_anonymous true")
        watcher = self.watcher(broker.port)
        server = self.serve_ready(speed=5, more=f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"'
                                                '\ncommands = true\n')
        watcher.wait_for("stepcast/taz6/state", has(state="Operational"))
        self.assertEqual(server.upload([("print", "true"), ("file", "nut.gcode", NUT)]).status, 201)
        server.wait_for_state("Printing")
        command, result = "stepcast/taz6/command", "stepcast/taz6/command/result"
        job = json.loads(watcher.wait_for("stepcast/taz6/state",
                                          has(state="Printing")).payload)["job"]["id"]

        watcher.publish(command, {"command": "pause", "id": "1", "job": "another"})
        self.assertIn("another", json.loads(watcher.wait_for(result, has(id="1", ok=False))
                                            .payload)["error"])
        watcher.publish(command, {"command": "pause", "id": "2", "expires_ms": 1000})
        watcher.wait_for(result, has(id="2", ok=False))
        watcher.publish(command, "launch")
        watcher.wait_for(result, has(command="launch", ok=False))
        watcher.publish(command, {"command": "pause", "id": "3", "job": job})
        watcher.wait_for(result, has(id="3", ok=True))
        server.wait_for_state("Paused")
        watcher.publish(command, "resume")
        watcher.wait_for(result, has(command="resume", ok=True))
        server.wait_for_state("Printing")
        watcher.publish(command, {"command": "pause", "id": "3", "job": job})
        watcher.wait_for(result, has(id="3", ok=False))
        self.assertEqual(server.get("/api/job").json()["state"], "Printing")
        watcher.publish(command, "cancel")
        watcher.wait_for(result, has(command="cancel", ok=True))
        server.wait_for_state("Operational")
        trail = [entry["action"] for entry in server.get("/api/v1/audit?limit=500").json()["items"]
                 if (entry["user"], entry["subject"]) == ("mqtt", "taz6")]
        self.assertEqual(trail, ["printer.pause", "printer.resume", "printer.cancel"])

    def test_commands_that_nobody_allowed_are_not_heard(self):
        broker = self.broker("allow_anonymous true")
        watcher = self.watcher(broker.port)
        server = self.serve_ready(speed=5,
                                  more=f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\n')
        watcher.publish("stepcast/taz6/command", "cancel", retain=True)
        self.assertEqual(server.upload([("print", "true"), ("file", "nut.gcode", NUT)]).status, 201)
        watcher.wait_for("stepcast/taz6/state", has(state="Printing"))
        watcher.publish("stepcast/taz6/command", "pause")
        # A later event shows that the command has passed by the server.
        self.assertEqual(server.post("/api/job", {"command": "cancel"}).status, 204)
        watcher.wait_for("stepcast/taz6/event/PrintCancelled")

    def test_a_stale_command_that_was_retained_does_nothing(self):
        broker = self.broker("allow_anonymous true")
        watcher = self.watcher(broker.port)
        watcher.publish("stepcast/taz6/command", "cancel", retain=True)
        self.serve_ready(more=f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\n'
                              'commands = true\n')
        answer = json.loads(watcher.wait_for("stepcast/taz6/command/result").payload)
        self.assertFalse(answer["ok"])
        self.assertIn("retained", answer["error"])

    def test_a_broker_that_comes_late_or_goes_holds_up_nobody(self):
        broker = Broker(self.folder, "allow_anonymous true")
        self.addCleanup(broker.stop)
        server = self.serve_ready(more=f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\n')
        self.assertEqual(server.upload([("print", "true"), ("file", "a.gcode", SQUARE)]).status,
                         201)
        server.wait_for_state("Operational")
        # The server tries again and again: it shall not find the broker before the watcher does.
        server.process.send_signal(signal.SIGSTOP)
        broker.start()
        watcher = self.watcher(broker.port)
        server.process.send_signal(signal.SIGCONT)
        # What happened in the meantime was kept.
        watcher.wait_for("stepcast/taz6/event/PrintDone")
        broker.stop()
        watcher.stop()
        broker.start()
        again = self.watcher(broker.port)
        again.wait_for("stepcast/taz6/state", has(state="Operational"))

    def test_a_server_that_dies_is_offline_by_its_last_will(self):
        broker = self.broker("allow_anonymous true")
        watcher = self.watcher(broker.port)
        server = self.serve_ready(more=f'[mqtt]\nserver = "mqtt://127.0.0.1:{broker.port}"\n')
        watcher.wait_for("stepcast/status", lambda text: text == "online")
        server.stop(9)
        watcher.wait_for("stepcast/status", lambda text: text == "offline")


class MqttSecurity(MqttTestCase):

    def test_user_password_and_tls_protect_the_broker(self):
        key, certificate = self.folder / "key.pem", self.folder / "cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                        "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                        str(key), "-out", str(certificate)], check=True, capture_output=True)
        passwords = self.folder / "passwords"
        subprocess.run(["mosquitto_passwd", "-b", "-c", str(passwords), "stepcast", "p w"],
                       check=True)
        for file in (key, certificate, passwords):
            file.chmod(0o644)  # mosquitto gives up the rights of root
        self.folder.chmod(0o755)
        broker = self.broker("allow_anonymous false", f"password_file {passwords}",
                             f"certfile {certificate}", f"keyfile {key}")
        (self.folder / "secret").write_text("p w\n", encoding="utf-8")
        watcher = self.watcher(broker.port, user="stepcast", password="p w", ca=certificate)
        server = self.serve_ready(more=f"""
[mqtt]
server = "mqtts://127.0.0.1:{broker.port}"
user = "stepcast"
password_file = "{self.folder / 'secret'}"
ca_file = "{certificate}"
""")
        watcher.wait_for("stepcast/status", lambda text: text == "online")
        self.assertIn("\nstepcast_mqtt_connected 1\n", server.get("/metrics").body.decode())
        server.stop()
        # With a wrong password the server runs, says so, and is not there for others.
        (self.folder / "secret").write_text("wrong\n", encoding="utf-8")
        server.start()
        server.wait_for_state("Operational")
        end = time.monotonic() + PATIENCE_S
        while not any("mqtt: " in line for line in server.lines) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertTrue(any("mqtt: " in line and "refused" in line.lower()
                            for line in server.lines), server.lines)
        self.assertIn("\nstepcast_mqtt_connected 0\n", server.get("/metrics").body.decode())


if __name__ == "__main__":
    unittest.main(verbosity=2)
