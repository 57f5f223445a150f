"""Chromium as a person uses it: pages are opened, looked at, clicked and typed into.

Spoken to by its own DevTools protocol; clicks and keys are real input events.
"""

import base64
import contextlib
import itertools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import websocket

TIMEOUT_S = 60


class Browser:
    """One window without a screen."""

    def __init__(self, language="en"):
        # Its children may be writing still when they are killed.
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.numbers = itertools.count(1)
        program = os.environ.get("STEPCAST_CHROMIUM") or shutil.which("chromium")
        if program is None:
            raise AssertionError("there is no chromium: scripts/install_dependencies.sh installs it")
        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-dev-shm-usage", "--disable-background-networking", "--disable-extensions",
             "--remote-debugging-port=0", "--remote-allow-origins=*", f"--lang={language}",
             f"--accept-lang={language}", f"--user-data-dir={self.folder.name}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        port_file = pathlib.Path(self.folder.name) / "DevToolsActivePort"
        self._until(lambda: port_file.exists() and port_file.read_text().count("\n"))
        port, path = port_file.read_text().split("\n")[:2]
        self.socket = websocket.create_connection(f"ws://127.0.0.1:{port}{path}",
                                                  timeout=TIMEOUT_S)
        target = self._until(lambda: [t for t in self._call("Target.getTargets")["targetInfos"]
                                      if t["type"] == "page"])[0]
        self.session = self._call("Target.attachToTarget", targetId=target["targetId"],
                                  flatten=True)["sessionId"]
        self.call("Page.enable")

    def close(self):
        with contextlib.suppress(Exception):
            self.socket.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(TIMEOUT_S)
        self.folder.cleanup()

    # --- the protocol ---

    def _call(self, method, session=None, **parameters):
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == number:
                if "error" in answer:
                    raise AssertionError(f"{method}: {answer['error']}")
                return answer["result"]

    def call(self, method, **parameters):
        return self._call(method, self.session, **parameters)

    def evaluate(self, script):
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True,
                           awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    @staticmethod
    def _until(condition, what="the browser"):
        end = time.monotonic() + TIMEOUT_S
        while not (found := condition()):
            if time.monotonic() >= end:
                raise AssertionError(f"waited in vain for {what}")
            time.sleep(0.05)
        return found

    # --- what a person does ---

    def open(self, url):
        self.call("Page.navigate", url=url)

    def look_as(self, width=1280, height=900, dark=False, phone=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                  deviceScaleFactor=1, mobile=phone)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def screenshot(self, path):
        picture = self.call("Page.captureScreenshot")["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(picture))

    def text(self):
        """What can be read on the page."""
        return self.evaluate("document.body ? document.body.innerText : ''")

    def wait_for_text(self, text):
        self._until(lambda: text in self.text(), f"'{text}' on the page")

    def find(self, selector, text=""):
        """The middle of what is seen of it, or None. With the text it bears, if that is given."""
        return self.evaluate(f"""(() => {{
          const all = [...document.querySelectorAll({json.dumps(selector)})];
          const it = all.find(e => e.textContent.includes({json.dumps(text)}) && e.checkVisibility()
            && !e.disabled);
          if (!it) return null;
          it.scrollIntoView({{ block: 'center' }});
          const box = it.getBoundingClientRect();
          const at = {{ x: box.x + box.width / 2, y: box.y + box.height / 2 }};
          const hit = document.elementFromPoint(at.x, at.y);
          return hit && it.contains(hit) ? at : null;
        }})()""")

    def click(self, selector, text=""):
        """As soon as it is there and nothing covers it."""
        at = self._until(lambda: self.find(selector, text), f"{selector} '{text}'")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **at)

    def type(self, selector, text):
        """In place of what is in the field."""
        self.click(selector)
        self.evaluate("document.activeElement.select()")
        self.call("Input.insertText", text=text)
