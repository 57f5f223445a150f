"""Help, version, shell completion, and command lines that are wrong."""

import os
import pathlib
import re
import subprocess
import unittest

from support import EXAMPLES, STEPCAST, USAGE, TestCase, stepcast

COMMANDS = ["plan", "simulate", "print", "device", "console", "printers", "demo", "completion",
            "detect", "predict", "hear", "serve-predict", "dataset", "models", "doctor", "backup", "restore"]


class Help(TestCase):

    def test_lists_every_command(self):
        result = stepcast("--help")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for command in COMMANDS:
            self.assertRegex(result.stdout, rf"(?m)^  {command} ")

    def test_of_every_command_explains_its_options(self):
        for command in COMMANDS:
            with self.subTest(command=command):
                result = stepcast(command, "--help")
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertIn("Usage:", result.stdout)
                self.assertNotIn("TODO", result.stdout)
                # No option without a word about it.
                for line in re.findall(r"(?m)^  -.*$", result.stdout):
                    self.assertTrue(re.search(r"\s{2,}\S", line[4:]) or len(line) > 30, line)

    def test_states_every_exit_status(self):
        text = stepcast("--help").stdout
        for status in ("0 done", "2 ", "3 ", "4 ", "5 ", "6 ", "130 "):
            self.assertIn(status, text)

    def test_says_its_version(self):
        result = stepcast("--version")
        self.assertEqual(result.returncode, 0)
        self.assertRegex(result.stdout, r"^stepcast \d+\.\d+\.\d+\n$")

    def test_lists_the_printers(self):
        result = stepcast("printers")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        names = [line.split()[0] for line in result.stdout.splitlines()]
        for name in ("corexy", "ender3", "taz6"):
            self.assertIn(name, names)


class WrongCommandLine(TestCase):

    def test_is_refused_with_a_hint(self):
        square = str(EXAMPLES / "square.gcode")
        for args in ([], ["fly"], ["plan"], ["plan", square, "--warp"], ["print", square],
                     ["plan", square, "--planner", "warp"],
                     ["plan", square, "--compensator", "magic"],
                     ["plan", square, "--acceleration", "fast"],
                     ["plan", square, "surplus.gcode"],
                     ["print", square, "--device", "localhost:9000", "--speed", "-1"],
                     ["print", square, "--device", "localhost:9000", "--speed", "100001"],
                     ["print", square, "--device", "localhost:9000", "--speed", "quick"],
                     ["device", "--port", "65536"], ["device", "--tick-rate", "999"],
                     ["completion", "tcsh"]):
            with self.subTest(args=args):
                result = stepcast(*args)
                self.assertEqual(result.returncode, USAGE, result.stderr)
                self.assertEqual(result.stdout, "")
                self.assertIn("--help", result.stderr)


class Completion(TestCase):

    def complete(self, *words):
        """What bash offers for the last of the words."""
        path = f"{pathlib.Path(STEPCAST).parent}:{os.environ['PATH']}"
        array = " ".join(f"'{word}'" for word in words)
        script = (f"source <(stepcast completion bash) && COMP_WORDS=({array}) && "
                  f"COMP_CWORD={len(words) - 1} && {{ _stepcast; printf '%s\\n' \"${{COMPREPLY[@]}}\"; }}")
        result = subprocess.run(["bash", "-c", script], capture_output=True, text=True,
                                env={**os.environ, "PATH": path}, cwd=self.folder, check=False,
                                timeout=120)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return set(result.stdout.split())

    def test_script_registers_itself(self):
        result = subprocess.run(["bash", "-c", f"source <({STEPCAST} completion bash) && "
                                 "complete -p stepcast"], capture_output=True, text=True,
                                check=False, timeout=120)
        self.assertIn("-F _stepcast stepcast", result.stdout)

    def test_offers_the_commands(self):
        self.assertTrue(set(COMMANDS) <= self.complete("stepcast", ""))
        self.assertEqual(self.complete("stepcast", "pl"), {"plan"})

    def test_offers_the_options_of_the_command(self):
        self.assertEqual(self.complete("stepcast", "plan", "--pl"), {"--planner"})
        self.assertIn("--device", self.complete("stepcast", "print", "--"))
        self.assertNotIn("--device", self.complete("stepcast", "plan", "--"))

    def test_offers_printers_planners_and_compensators(self):
        self.assertTrue({"taz6", "ender3"} <= self.complete("stepcast", "plan", "--printer", ""))
        self.assertEqual(self.complete("stepcast", "plan", "--planner", "j"), {"jlmcg"})
        self.assertEqual(self.complete("stepcast", "plan", "--compensator", "lpfbs-s"),
                         {"lpfbs-sharp"})

    def test_offers_only_names_that_the_program_knows(self):
        square = EXAMPLES / "square.gcode"
        for option in ("--planner", "--compensator"):
            names = self.complete("stepcast", "plan", option, "")
            self.assertGreaterEqual(len(names), 3)
            for name in names:
                self.assertEqual(stepcast("plan", square, option, name).returncode, 0, name)

    def test_offers_files_otherwise(self):
        self.job("M83\n", "part.gcode")
        self.assertEqual(self.complete("stepcast", "plan", "par"), {"part.gcode"})

    def test_scripts_of_other_shells_name_every_command(self):
        for shell in ("zsh", "fish"):
            result = stepcast("completion", shell)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            for command in COMMANDS:
                self.assertIn(command, result.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
