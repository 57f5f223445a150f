"""`stepcast plan`: what it says of a job."""

import unittest

from support import EXAMPLES, MOTORS, TestCase, stepcast


class Plan(TestCase):

    def plan(self, *args):
        return self.json_of(stepcast("plan", *args, "--json"))

    def test_reports_time_moves_layers_filament_steps_and_its_own_cost(self):
        job = self.job(";LAYER_COUNT:2\nM83\n;LAYER:0\nG1 X20 E2 F4500\nG1 E-1 F600\n"
                       ";LAYER:1\nG1 Z1 F300\nG1 E1 F600\nG1 Y20 E2 F4500\n")
        plan = self.plan(job)
        self.assertEqual(plan["moves"], 5)
        self.assertEqual(plan["layers"], 2)
        self.assertAlmostEqual(plan["filament_mm"], 4.0, places=9)
        self.assertEqual(plan["steps"], {"x": 2030, "y": 2030, "z": 1600, "e": 3040})
        pulses = plan["step_pulses"]
        self.assertEqual((pulses["x"], pulses["y"], pulses["z"]), (2030, 2030, 1600))
        # Forward, back and forward again; rounding in time shaves a little off each turn.
        self.assertAlmostEqual(pulses["e"], 4560, delta=0.005 * 4560)
        self.assertGreater(plan["print_time_s"], 2 * 20 / 75 + 1 / 5 + 2 / 10)
        self.assertLess(plan["print_time_s"], 2 * 20 / 75 + 1 / 5 + 2 / 10 + 0.2)
        self.assertEqual(plan["tick_rate_hz"], 20000)
        rests_s = 0.5
        self.assertAlmostEqual(plan["ticks"] / 20000, plan["print_time_s"] + rests_s, delta=0.01)
        self.assertGreater(plan["cpu_s"], 0)
        self.assertAlmostEqual(plan["print_s_per_cpu_s"], plan["print_time_s"] / plan["cpu_s"],
                               delta=0.01 * plan["print_s_per_cpu_s"])
        self.assertGreater(plan["peak_rss_mib"], 1)
        self.assertEqual(plan["warnings"], [])

    def test_says_which_controller_planned_it(self):
        plan = self.plan(EXAMPLES / "square.gcode", "--planner", "marlin", "--compensator",
                         "lpfbs-sharp", "--printer", "taz6")
        self.assertEqual((plan["printer"], plan["planner"], plan["compensator"]),
                         ("taz6", "marlin", "lpfbs-sharp"))

    def test_does_not_count_the_memory_of_the_program_that_started_it(self):
        mine = bytearray(b"x") * (400 << 20)
        plan = self.plan(EXAMPLES / "square.gcode")
        self.assertLess(plan["peak_rss_mib"], 300)
        self.assertEqual(len(mine), 400 << 20)

    def test_gives_the_same_plan_twice(self):
        plans = [self.plan(EXAMPLES / "zigzag.gcode", "--compensator", "lpfbs-sharp")
                 for _ in range(2)]
        for plan in plans:
            for cost in ("cpu_s", "print_s_per_cpu_s", "peak_rss_mib"):
                del plan[cost]
        self.assertEqual(plans[0], plans[1])

    def test_counts_arcs_and_comes_back_to_the_start(self):
        plan = self.plan(EXAMPLES / "circle.gcode")
        self.assertEqual(plan["arcs"], 4)
        self.assertEqual((plan["steps"]["x"], plan["steps"]["y"]), (0, 0))

    def test_plans_every_example_on_every_printer(self):
        printers = [line.split()[0] for line in stepcast("printers").stdout.splitlines()]
        self.assertIn("taz6", printers)
        for printer in printers:
            for example in ("square", "circle", "zigzag"):
                with self.subTest(printer=printer, example=example):
                    plan = self.plan(EXAMPLES / f"{example}.gcode", "--printer", printer)
                    self.assertGreater(sum(plan["step_pulses"][m] for m in MOTORS), 0)

    def test_slows_a_fast_job_down_when_asked(self):
        job = self.job("G1 X100 F30000\n")
        plan = self.plan(job, "--slow-down")
        self.assertLessEqual(plan["peaks_planned"]["x"]["speed_mm_s"], 197.001)
        self.assertEqual(len(plan["warnings"]), 1)

    def test_keeps_the_speed_that_it_is_told(self):
        plan = self.plan(self.job("G1 X100 F9000\n"), "--max-speed", "80")
        self.assertAlmostEqual(plan["peaks_planned"]["x"]["speed_mm_s"], 80, delta=0.01)

    def test_prints_tables_for_people(self):
        result = stepcast("plan", EXAMPLES / "square.gcode")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        for word in ("square.gcode on LulzBot TAZ 6", "Print time", "Filament", "print seconds per"):
            self.assertIn(word, result.stdout)
        self.assertNotIn("\033", result.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
