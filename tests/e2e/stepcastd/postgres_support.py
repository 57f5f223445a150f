"""A PostgreSQL server of its own in a temporary folder, behind a local socket."""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.parse

START_TIMEOUT_S = 30


def programs():
    """The newest folder with the server's programs; None where it is not installed."""
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


class Postgres:

    def __init__(self):
        self.bin = programs()
        self.folder = tempfile.mkdtemp(prefix="stepcast-pg-")
        self.options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
                        "cwd": self.folder}
        if os.geteuid() == 0:  # the server refuses to run as root
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.options.update(user=user.pw_uid, group=user.pw_gid, extra_groups=[])
        self.data = os.path.join(self.folder, "data")
        subprocess.run([self.bin / "initdb", "-D", self.data, "-U", "stepcast", "-A", "trust",
                        "-E", "UTF8", "--no-sync"], check=True, **self.options)
        self.url = f"postgresql://stepcast@{urllib.parse.quote(self.folder, safe='')}/postgres"
        self.process = None

    def run(self):
        self.process = subprocess.Popen([self.bin / "postgres", "-D", self.data, "-k", self.folder,
                                         "-c", "listen_addresses=", "-c", "fsync=off"],
                                        **self.options)
        end = time.monotonic() + START_TIMEOUT_S
        while subprocess.run([self.bin / "pg_isready", "-q", "-h", self.folder],
                             check=False).returncode != 0:
            if time.monotonic() > end:
                raise AssertionError("PostgreSQL does not start")
            time.sleep(0.02)

    def crash(self):
        """Nothing is finished, nobody is told."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(60)

    def remove(self):
        if self.process and self.process.poll() is None:
            self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)
