"""`stepcast doctor` finds what would keep stepcastd from working, and changes nothing."""

import json
import pathlib
import socket
import subprocess
import tempfile
import unittest

from support import Device, stepcast


class Doctor(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="stepcast doctor ")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.port = 0

    def examine(self, text, data=None):
        config = self.folder / "stepcastd.toml"
        config.write_text(text, encoding="utf-8")
        before = sorted(self.folder.rglob("*"))
        ran = stepcast("doctor", "--json", "--config", config, "--data",
                       data or self.folder / "data" / "below")
        self.assertEqual(sorted(self.folder.rglob("*")), before)
        return ran.returncode, json.loads(ran.stdout)["findings"]

    def failures(self, text, data=None):
        status, findings = self.examine(text, data)
        failed = [f for f in findings if f["grade"] == "failure"]
        self.assertEqual(status, 3 if failed else 0)
        for finding in failed:
            self.assertTrue(finding["remedy"], finding)
        return {f["subject"]: f["text"] for f in failed}

    def make_certificate(self, name):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "90", "-subj", "/CN=x",
                        "-keyout", self.folder / f"{name}.key", "-out", self.folder / f"{name}.pem"],
                       check=True, capture_output=True)

    def test_a_sound_configuration_passes(self):
        self.assertEqual(self.failures("[server]\nport = 0\n[[printer]]\nprofile = \"taz6\"\n"), {})

    def test_an_unknown_key_is_named_with_its_line(self):
        found = self.failures("[server]\nport = 0\nadress = \"::1\"\n")
        self.assertIn("stepcastd.toml:3", found["configuration"])
        self.assertIn("adress", found["configuration"])

    def test_an_address_in_use_and_a_foreign_one_are_told_apart(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            status, findings = self.examine(f"[server]\nport = {port}\n")
        self.assertEqual(status, 0)
        address = next(f for f in findings if f["subject"] == "address")
        self.assertEqual(address["grade"], "warning")
        self.assertIn(str(port), address["text"])
        self.assertIn("address", self.failures('[server]\nport = 0\naddress = "192.0.2.1"\n'))

    def test_certificates_and_keys_must_belong_together_and_stay_secret(self):
        self.make_certificate("one")
        self.make_certificate("other")
        both = '[server]\nport = 0\ntls_certificate = "{0}/one.pem"\ntls_key = "{0}/{1}.key"\n'
        self.assertEqual(self.failures(both.format(self.folder, "one")), {})
        self.assertIn("is not the key of",
                      self.failures(both.format(self.folder, "other"))["certificate"])
        (self.folder / "one.key").chmod(0o644)
        self.assertIn("everybody", self.failures(both.format(self.folder, "one"))["certificate"])
        (self.folder / "one.key").chmod(0o600)
        (self.folder / "one.pem").write_text("no certificate")
        self.assertIn("one.pem", self.failures(both.format(self.folder, "one"))["certificate"])

    def test_a_data_folder_that_is_a_file_fails(self):
        file = self.folder / "file"
        file.write_text("x")
        self.assertIn(str(file), self.failures("[server]\nport = 0\n", file)["data folder"])

    def test_printers_are_asked(self):
        text = '[server]\nport = 0\n[[printer]]\nid = "one"\ndevice = "{}"\n'
        with Device() as device:
            self.assertEqual(self.failures(text.format(device.address)), {})
        self.assertIn("printer one", self.failures(text.format(device.address)))
        found = self.failures('[server]\nport = 0\n[[printer]]\nid = "one"\n'
                              'profile = "no-such"\n')
        self.assertRegex(found["printer one"], r"stepcastd\.toml:3: printer\.profile: .*no-such")

    def test_what_the_server_would_refuse_is_found(self):
        two = ('[server]\nport = {}\n[[printer]]\nid = "one"\nport = {}\n'
               '[[printer]]\nid = "two"\nport = {}\n')
        for ports in ((0, 5701, 5701), (5702, 5701, 5702)):
            self.assertRegex(self.failures(two.format(*ports))["address"],
                             r"stepcastd\.toml:6: printer\.port: .* has port 570[12], too")
        hook = '[server]\nport = 0\n[[hook]]\nname = "lamp"\nevents = ["*"]\n'
        for what, named in (('command = ["/no/such/lamp"]', "/no/such/lamp"),
                            ('command = ["no-such-lamp"]', "no-such-lamp"),
                            (f'command = ["{self.folder}"]', str(self.folder)),
                            ('url = "http://x"\nsecret_file = "/no/secret"', "/no/secret")):
            found = self.failures(f"{hook}{what}\n")
            self.assertIn("stepcastd.toml:3: ", found["hook lamp"])
            self.assertIn(named, found["hook lamp"])
        self.assertEqual(self.failures(f'{hook}command = ["true", "/no/file"]\n'), {})
        channel = ('[server]\nport = 0\n[[notify.channel]]\nname = "phone"\nkind = "ntfy"\n'
                   'url = "http://x"\nsecret_file = "/no/secret"\n')
        self.assertIn("/no/secret", self.failures(channel)["channel phone"])
        mqtt = '[server]\nport = 0\n[mqtt]\nserver = "mqtt://x"\npassword_file = "/no/secret"\n'
        self.assertIn("/no/secret", self.failures(mqtt)["mqtt"])
        octoprint = ('[server]\nport = 0\n[[printer]]\nid = "one"\nkind = "octoprint"\n'
                     'url = "http://x"\napi_key_file = "/no/key"\n')
        self.assertIn("/no/key", self.failures(octoprint)["printer one"])

    def test_a_database_that_cannot_be_used_is_found(self):
        text = '[server]\nport = 0\n[storage]\ndatabase = "{}"\n'
        for url, named in (("mysql://stepcast@db/x", "neither SQLite nor PostgreSQL"),
                           ("postgresql://stepcast:geheim@127.0.0.1:1/x", "127.0.0.1"),
                           (f"sqlite:{self.folder}/none/x.db", "No such file")):
            found = self.failures(text.format(url))["database"]
            self.assertIn("stepcastd.toml:4: storage.database: ", found)
            self.assertIn(named, found)
            self.assertNotIn("geheim", found)
        broken = self.folder / "broken.db"
        broken.write_bytes(b"G" * 5000)
        self.assertIn("broken.db", self.failures(text.format(f"sqlite:{broken}"))["database"])
        self.assertEqual(self.failures(text.format(f"sqlite:{self.folder}/new.db")), {})


if __name__ == "__main__":
    unittest.main()
