"""The Debian package holds what it needs, and its programs run from where it puts them."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import unittest

SOURCE_DIR = pathlib.Path(os.environ["STEPCAST_SOURCE_DIR"])
UNIT = SOURCE_DIR / "packaging" / "stepcastd.service"
TIMEOUT_S = 240


def run(*command, **more):
    return subprocess.run([*map(str, command)], check=True, capture_output=True, text=True,
                          timeout=TIMEOUT_S, **more).stdout


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="stepcast-package-")
        cls.addClassCleanup(cls.folder.cleanup)
        top = pathlib.Path(cls.folder.name)
        run(os.environ["CPACK"], "--config",
            pathlib.Path(os.environ["STEPCAST_BUILD_DIR"]) / "CPackConfig.cmake", "-B", top)
        cls.package = next(top.glob("stepcast_*.deb"))
        cls.root = top / "root"
        run("dpkg-deb", "--extract", cls.package, cls.root)
        # Only what the package brings: no profile of the checkout, no configuration of a user.
        cls.environment = {"PATH": "/usr/bin:/bin", "HOME": str(top)}

    def program(self, name, *arguments):
        return run(self.root / "usr" / "bin" / name, *arguments, env=self.environment)

    def test_it_names_the_libraries_that_it_needs(self):
        depends = run("dpkg-deb", "--field", self.package, "Depends")
        for library in ["libsoci-core4.0", "libssl3", "libargon2-1", "libc6", "adduser"]:
            self.assertIn(library, depends)

    def test_its_configuration_is_kept_on_upgrades(self):
        control = pathlib.Path(self.folder.name) / "control"
        run("dpkg-deb", "--control", self.package, control)
        files = (control / "conffiles").read_text().split()
        self.assertEqual(files, ["/etc/stepcast/stepcastd.toml"])
        for file in files:
            self.assertTrue((self.root / file.lstrip("/")).is_file())
        for script in ["postinst", "prerm", "postrm"]:
            run("sh", "-n", control / script)

    def test_profiles_and_samples_are_found_beside_the_programs(self):
        self.assertIn("LulzBot TAZ 6", self.program("stepcast", "printers"))
        sample = self.root / "usr/share/stepcast/examples/square.gcode"
        self.assertIn("Layers", self.program("stepcast", "plan", sample))

    def test_models_are_found_beside_the_programs(self):
        picture = SOURCE_DIR / "models" / "classifier" / "confusion.png"
        for command in ("detect", "predict"):
            line = json.loads(self.program("stepcast", command, picture, "--json"))
            self.assertEqual(line["image"], str(picture))
        models = self.root / "usr/share/stepcast/models"
        self.assertTrue((models / "detector.md").is_file())
        self.assertFalse((models / "labels").exists())

    def test_its_configuration_passes_the_doctor_and_the_server_starts_with_it(self):
        config = self.root / "etc/stepcast/stepcastd.toml"
        data = pathlib.Path(self.folder.name) / "data"
        self.assertIn("configuration",
                      self.program("stepcast", "doctor", "--config", config, "--data", data))
        with subprocess.Popen(
                [self.root / "usr/bin/stepcastd", "--config", config, "--data", data, "--port",
                 "0"], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True) as server:
            watchdog = threading.Timer(TIMEOUT_S, server.kill)
            watchdog.start()
            said = ""
            for line in server.stdout:
                said += line
                if re.search(r"administrator at http", line):
                    break
            server.terminate()
            said += server.stdout.read()
            status = server.wait()
            watchdog.cancel()
        self.assertEqual(status, 0, said)
        self.assertIn("serves 1 printer", said)

    def test_completion_scripts_are_in_place(self):
        script = self.root / "usr/share/bash-completion/completions/stepcast"
        run("bash", "-n", script)
        self.assertIn("doctor", script.read_text())


class Unit(unittest.TestCase):
    def test_systemd_understands_every_line(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd-analyze is not installed")
        with tempfile.TemporaryDirectory() as folder:
            unit = pathlib.Path(folder) / "stepcastd.service"
            unit.write_text(re.sub(r"/usr/bin/stepcastd", "/bin/true", UNIT.read_text()))
            done = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True,
                                  text=True, timeout=TIMEOUT_S, check=False)
        problems = [line for line in done.stderr.splitlines() if "stepcastd.service" in line]
        self.assertEqual(problems, [])


if __name__ == "__main__":
    unittest.main()
