"""A real OctoPrint with its virtual printer, for tests and benchmarks.

    octoprint_server.py FOLDER KEY [PORT]

Prints `port N` as soon as it is reachable and its printer is connected. Settings are written to
FOLDER the first time; the key opens everything. Ends with its standard input.
"""

import http.client
import json
import os
import pathlib
import random
import socket
import sys
import threading
import time

import yaml

# What only costs time at the start, asks the network, or waits for a person.
UNUSED_PLUGINS = ["announcements", "achievements", "backup", "corewizard", "customcontrolmanager",
                  "discovery", "errortracking", "file_check", "firmware_check", "gcodeviewer",
                  "health_check", "pi_support", "pluginmanager", "softwareupdate", "tracking",
                  "uploadmanager"]

# Registered ports, below those that Linux gives to clients.
PORTS = (20_000, 32_000)


def settings(key):
    return {
        "api": {"key": key},
        "server": {"firstRun": False, "onlineCheck": {"enabled": False},
                   "pluginBlacklist": {"enabled": False}},
        # Files are printed as they come; what a print takes is not asked of OctoPrint.
        "gcodeAnalysis": {"runAt": "never"},
        "serial": {"port": "VIRTUAL", "autoconnect": True, "sanityCheckTools": False},
        "plugins": {
            "_disabled": UNUSED_PLUGINS,
            "virtual_printer": {"enabled": True, "hasChamber": True, "throttle": 0.0,
                                "simulated_errors": [], "passcode": ""},
        },
        # A pause and a cancel as slow as on a machine are no help to a test.
        "temperature": {"profiles": []},
        "webcam": {"timelapse": {"type": "off"}},
    }


def ask(port, path, key):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"X-Api-Key": key})
        reply = connection.getresponse()
        body = reply.read()
        return json.loads(body) if reply.status == 200 else None
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def tell_when_ready(port, key):
    while True:
        connection = ask(port, "/api/connection", key)
        if connection and connection["current"]["state"] == "Operational":
            break
        time.sleep(0.05)
    # One write: OctoPrint's log comes from other threads by the same way, and print() writes in pieces.
    os.write(sys.stdout.fileno(), f"port {port}\n".encode())


def free_port():
    """Not one that the system hands out to others while this server is restarted."""
    while True:
        port = random.randrange(*PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def end_with_input():
    sys.stdin.read()
    os._exit(0)


def keep_modes_in_order():
    """Firmware changes to relative positions between two moves. The virtual printer does at once,
    while moves before it and after it still wait in its buffer."""
    from octoprint.plugins.virtual_printer.virtual import VirtualPrinter

    def after_moves(change):
        def changed(printer, data):
            printer.buffered.join()
            return change(printer, data)
        return changed
    for name in ("_gcode_G90", "_gcode_G91"):
        setattr(VirtualPrinter, name, after_moves(getattr(VirtualPrinter, name)))


def main():
    folder, key = pathlib.Path(sys.argv[1]), sys.argv[2]
    config = folder / "config.yaml"
    if not config.exists():
        folder.mkdir(parents=True, exist_ok=True)
        config.write_text(yaml.safe_dump(settings(key)), encoding="utf-8")
    if len(sys.argv) > 3:
        port = int(sys.argv[3])
    else:
        port = free_port()
    threading.Thread(target=end_with_input, daemon=True).start()
    threading.Thread(target=tell_when_ready, args=(port, key), daemon=True).start()

    from octoprint import main as octoprint
    keep_modes_in_order()
    sys.argv = ["octoprint", "serve", "--iknowwhatimdoing", "--basedir", str(folder),
                "--host", "127.0.0.1", "--port", str(port)]
    octoprint()


if __name__ == "__main__":
    main()
