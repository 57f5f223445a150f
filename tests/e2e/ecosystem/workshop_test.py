"""Spools, maintenance and statistics through /api/v1, with real prints behind them."""

import json
import time
import unittest

from server_support import EXAMPLES, TestCase

NUT = (EXAMPLES / "nut.gcode").read_bytes()
SPOOL = {"name": "PLA blue", "material": "PLA", "colour": "#1769e0", "diameter_mm": 2.85,
         "density_g_cm3": 1.24, "weight_g": 750}


class Workshop(TestCase):

    def put(self, server, path, value):
        return server.request("PUT", path, json.dumps(value).encode(),
                              {"Content-Type": "application/json"})

    def wait_for(self, value, holds):
        end = time.monotonic() + 60
        while not holds(found := value()):
            self.assertLess(time.monotonic(), end, found)
            time.sleep(0.02)
        return found

    def test_a_print_takes_from_its_spool_and_wears_its_printer(self):
        # Slow enough that the analysis, which begins with the print, ends before it.
        server = self.serve_ready(speed=20)
        spool = server.post("/api/v1/spools", SPOOL)
        self.assertEqual(spool.status, 201, spool.body)
        self.assertEqual(self.put(server, "/api/v1/spools/1/place", {"printer": "taz6"}).status,
                         200)
        task = server.post("/api/v1/maintenance", {"printer": "taz6", "title": "Look at it",
                                                   "every_filament_m": 0.01})
        self.assertEqual(task.status, 201, task.body)
        self.assertEqual(server.upload([("print", "true"), ("file", "nut.gcode", NUT)]).status, 201)
        used = self.wait_for(lambda: server.get("/api/v1/spools/1").json(),
                             lambda one: one["used_g"] > 0)
        self.assertAlmostEqual(used["used_g"] + used["left_g"], 750)
        job = server.get("/api/v1/jobs").json()["items"][0]
        booked = server.get("/api/v1/spools/1/usage").json()["items"]
        self.assertEqual([(one["job"], one["filament_mm"]) for one in booked],
                         [(job["id"], job["filament_mm"])])
        due = self.wait_for(lambda: server.get("/api/v1/maintenance?printer=taz6").json()["items"],
                            lambda tasks: tasks[0]["due"])
        self.assertGreater(due[0]["share"], 1)
        self.wait_for(lambda: server.get("/metrics").body.decode(),
                      lambda text: 'stepcast_events_total{type="MaintenanceDue"} 1\n' in text)
        self.assertEqual(server.post("/api/v1/maintenance/1/done", {"note": "fine"}).status, 200)
        log = server.get("/api/v1/printers/taz6/maintenance-log").json()["items"]
        self.assertEqual([(one["user"], one["note"]) for one in log], [("ada", "fine")])
        statistics = server.get("/api/v1/statistics").json()
        self.assertEqual((statistics["all"]["done"], statistics["all"]["success_rate"]), (1, 1))
        self.assertEqual(statistics["by_material"][0]["material"], "PLA")
        self.assertEqual(server.get("/api/v1/statistics?to=2020-01-01").json()["all"]["done"], 0)

    def test_what_cannot_be_is_refused_and_named(self):
        server = self.serve_ready()
        self.assertEqual(server.post("/api/v1/spools", SPOOL).status, 201)
        for value, named in (({**SPOOL, "diameter_mm": 0}, "diameter_mm"),
                             ({**SPOOL, "colour": "blue"}, "colour"),
                             ({**SPOOL, "price": 20}, "price")):
            reply = server.post("/api/v1/spools", value)
            self.assertEqual(reply.status, 400, reply.body)
            self.assertIn(named, reply.json()["detail"])
        self.assertEqual(self.put(server, "/api/v1/spools/1/place", {"printer": "mini"}).status,
                         404)
        self.assertEqual(self.put(server, "/api/v1/spools/7/place", {"printer": "taz6"}).status,
                         404)
        reply = self.put(server, "/api/v1/spools/1/place", {"printer": "taz6", "tool": 1})
        self.assertEqual(reply.status, 400, reply.body)
        self.assertIn("tool 1", reply.json()["detail"])
        self.assertEqual(server.get("/api/v1/spools/one").status, 404)
        self.assertEqual(server.post("/api/v1/maintenance", {"printer": "taz6", "title": "x"})
                         .status, 400)
        self.assertEqual(server.get("/api/v1/statistics?from=yesterday").status, 400)


if __name__ == "__main__":
    unittest.main(verbosity=2)
