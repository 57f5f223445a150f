"""`GET /metrics` as Prometheus reads it, and the dashboard that shows it."""

import json
import os
import pathlib
import re
import time
import unittest

from prometheus_client.parser import text_string_to_metric_families

from server_support import EXAMPLES, TestCase

SOURCE = pathlib.Path(os.environ["STEPCAST_SOURCE_DIR"])
SQUARE = (EXAMPLES / "square.gcode").read_bytes()


def scrape(server, **more):
    reply = server.get("/metrics", **more)
    assert reply.status == 200, reply.body
    assert reply.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {family.name: family for family in text_string_to_metric_families(reply.body.decode())}


def value(families, name, **labels):
    for family in families.values():
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return sample.value
    raise AssertionError(f"no {name} {labels}")


def scrape_until(server, name, wanted, timeout_s=30, **labels):
    """What `/metrics` says as soon as `name` is `wanted`."""
    end = time.monotonic() + timeout_s
    while True:
        families = scrape(server)
        try:
            if value(families, name, **labels) == wanted:
                return families
            problem = f"{name} {labels} is not {wanted}"
        except AssertionError as error:
            problem = str(error)
        if time.monotonic() > end:
            raise AssertionError(problem)
        time.sleep(0.05)


def names(families):
    return {sample.name for family in families.values() for sample in family.samples}


class Metrics(TestCase):

    def test_nobody_reads_them_without_a_key(self):
        server = self.serve_ready()
        self.assertEqual(server.get("/metrics", key=None).status, 403)
        self.assertEqual(server.get("/metrics", key="wrong").status, 403)

    def test_a_print_shows_in_states_jobs_and_requests(self):
        server = self.serve_ready()
        before = scrape(server)
        self.assertEqual(value(before, "stepcast_printer_state", printer="taz6",
                               state="Operational"), 1)
        self.assertEqual(value(before, "stepcast_printer_state", printer="taz6",
                               state="Printing"), 0)
        self.assertEqual(server.upload([("print", "true"), ("file", "a.gcode", SQUARE)]).status,
                         201)
        # The printer is free a moment before its end is told as an event.
        after = scrape_until(server, "stepcast_events_total", 1, type="PrintDone")
        self.assertEqual(value(after, "stepcast_jobs", printer="taz6", state="done"), 1)
        self.assertEqual(value(after, "stepcast_job_progress_ratio", printer="taz6"), 1)
        self.assertEqual(value(after, "stepcast_http_requests_total", method="POST", status="201",
                               route="/api/files/local"), 1)
        self.assertGreaterEqual(value(after, "stepcast_http_upload_bytes_total"), len(SQUARE))
        self.assertEqual(value(after, "stepcast_http_uploads"), 0)
        self.assertEqual(value(after, "stepcast_events_unsaved_total"), 0)
        self.assertEqual(value(after, "stepcast_store_readable"), 1)
        self.assertGreater(value(after, "stepcast_store_commits_total"),
                           value(before, "stepcast_store_commits_total"))
        self.assertGreater(value(after, "process_resident_memory_bytes"), 1 << 20)

    def test_unknown_addresses_make_one_series_not_many(self):
        server = self.serve_ready()
        for n in range(20):
            self.assertEqual(server.get(f"/nothing/{n}").status, 404)
        self.assertEqual(value(scrape(server), "stepcast_http_requests_total", route="none",
                               status="404"), 20)

    def test_the_dashboard_names_only_metrics_that_exist(self):
        dashboard = json.loads(
            (SOURCE / "contrib/grafana/stepcast.json").read_text(encoding="utf-8"))
        expressions = [target["expr"] for panel in dashboard["panels"]
                       for target in panel.get("targets", [])]
        expressions += [variable["query"] for variable in dashboard["templating"]["list"]
                        if variable["type"] == "query"]
        self.assertGreater(len(expressions), 10)
        wanted = set(re.findall(r"\b(?:stepcast|process)_[a-z0-9_]+", " ".join(expressions)))
        server = self.serve_ready()
        self.assertEqual(server.upload([("print", "true"), ("file", "a.gcode", SQUARE)]).status,
                         201)
        server.wait_for_state("Operational")
        documented = set(re.findall(r"`((?:stepcast|process)_[a-z0-9_]+)`",
                                    (SOURCE / "docs/integrations.md").read_text(encoding="utf-8")))
        there = names(scrape(server))
        # What a printer without heaters does not have is at least documented.
        self.assertEqual(wanted - there - documented, set())
        self.assertGreater(len(wanted & there), 15)

    def test_every_metric_is_documented(self):
        server = self.serve_ready()
        text = (SOURCE / "docs/integrations.md").read_text(encoding="utf-8")
        documented = set(re.findall(r"`((?:stepcast|process)_[a-z0-9_]+)`", text))
        self.assertEqual({re.sub("_(bucket|count|sum)$", "", name)
                          for name in names(scrape(server))} - documented, set())


if __name__ == "__main__":
    unittest.main(verbosity=2)
