"""A part goes on after the power of printer and server was cut, because a person says so."""

import re
import unittest

from power_support import PowerTestCase, flat_job, hopping_job

RECOVER = "/api/v1/printers/taz6/recover"
YES = {"part_is_firm": True, "xy_is_home": True}


class PowerCut(PowerTestCase):

    def test_a_print_goes_on_where_it_was_and_is_booked_once(self):
        server = self.cut()
        former = self.state(server)["recovery"]
        self.assertIsNone(former["needs"])
        self.assertIsNone(former["refused"])
        rows = server.get("/api/v1/jobs").json()["items"]
        self.assertEqual([(row["id"], row["state"]) for row in rows], [(former["job"], "failed")])
        self.assertIn("switched off", rows[0]["reason"])
        self.assertIn("recover", server.get("/api/v1/printers/taz6").json()["features"])

        for claims, needs in (({"part_is_firm": False, "xy_is_home": True}, "part_is_firm"),
                              ({"part_is_firm": True, "xy_is_home": False}, "xy_is_home"),
                              ({"part_is_firm": True}, None)):
            reply = server.post(RECOVER, claims)
            self.assertEqual((reply.status, reply.json().get("needs")), (400, needs), claims)
        self.assertEqual(self.state(server)["state"], "Operational", "nothing has begun")
        reply = server.post(RECOVER, YES)
        self.assertEqual(reply.status, 202, reply.body)
        self.wait_until(lambda: self.state(server)["state"] == "Operational")
        rest, broken = server.get("/api/v1/jobs").json()["items"]
        self.assertEqual(rest["id"], reply.json()["job"])
        self.assertEqual((rest["state"], rest["recovers"]), ("done", broken["id"]), rest["reason"])
        self.assertIsNone(broken["recovers"])
        self.assertLess(rest["actual_s"], 0.9 * broken["estimated_s"], "only what was left")
        position = self.state(server)["position_mm"]
        last = re.findall(r"X(\S+) Y(\S+)", flat_job())[-1]
        self.assertAlmostEqual(position["x"], float(last[0]), places=1)
        self.assertAlmostEqual(position["y"], float(last[1]), places=1)
        self.assertAlmostEqual(position["z"], 0.3, places=2)
        self.assertIsNone(self.state(server)["recovery"])
        self.assertEqual(server.post(RECOVER, YES).status, 404, "only once")
        trail = server.get("/api/v1/audit").json()["items"]
        self.assertIn("printer.recover", [entry["action"] for entry in trail])

    def test_a_refusal_is_answered_and_booked_nowhere(self):
        server = self.cut(hopping_job())
        past = lambda: [event["type"] for event in
                        server.get("/api/v1/events?after=0&limit=500").json()["items"]
                        if event["type"] != "PrinterStateChanged"]
        totals = lambda: server.get("/api/v1/statistics").json()
        self.wait_until(lambda: "PrintFailed" in past())
        before, counted = past(), totals()
        for height, status, needs in ((None, 400, "nozzle_height_mm"),
                                      (250.5, 400, "nozzle_height_mm")):
            body = YES | ({} if height is None else {"nozzle_height_mm": height})
            reply = server.post(RECOVER, body)
            self.assertEqual((reply.status, reply.json()["needs"]), (status, needs), reply.body)
        self.assertEqual(self.state(server)["state"], "Operational")
        point = self.state(server)["recovery"]
        self.assertEqual(point["needs"], "nozzle_height_mm")
        self.assertIn("nozzle_height_mm: nobody knows", point["refused"])
        self.assertEqual(len(server.get("/api/v1/jobs").json()["items"]), 1)
        self.assertEqual(past(), before, "nobody is told of a print that was none")
        self.assertEqual(totals(), counted)

        self.assertEqual(server.post(RECOVER, YES | {"nozzle_height_mm": 0.3}).status, 202)
        self.wait_until(lambda: self.state(server)["state"] == "Operational")
        rest, broken = server.get("/api/v1/jobs").json()["items"]
        self.assertEqual((rest["state"], rest["recovers"]), ("done", broken["id"]), rest["reason"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
