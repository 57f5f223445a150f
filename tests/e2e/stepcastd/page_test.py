"""The server's page in a real browser: a part goes on after a power cut."""

import os
import pathlib
import unittest

from browser_support import Browser
from power_support import PowerTestCase, hopping_job
from server_support import PASSWORD

# Of what the page looks like, for people; nowhere unless it is asked for.
PICTURES = os.environ.get("STEPCAST_PICTURES")


class RecoveryPage(PowerTestCase):

    def open(self, server, language):
        browser = Browser(language)
        self.addCleanup(browser.close)
        browser.look_as()
        browser.open(server.url)
        browser.type("#user", "ada")
        browser.type("#password", PASSWORD)
        browser.click("form button")
        return browser

    def asks(self, browser):
        return browser.evaluate("document.querySelector('dialog').open")

    def picture(self, browser, name):
        if PICTURES:
            browser.screenshot(pathlib.Path(PICTURES) / f"{name}.png")

    def pictures(self, browser, name):
        for shade in ("light", "dark"):
            for device, width, height in (("desk", 1280, 900), ("phone", 360, 800)):
                browser.look_as(width, height, dark=shade == "dark", phone=device == "phone")
                self.picture(browser, f"{name}-{shade}-{device}")
        browser.look_as()

    def test_the_height_is_asked_for_when_it_is_needed_and_the_part_goes_on(self):
        server = self.cut(hopping_job())
        browser = self.open(server, "en")
        browser.click("button", "Go on after the power cut")
        browser.wait_for_text("still firmly on the bed")
        self.assertNotIn("in mm", browser.text(), "nobody knows yet that it is needed")
        self.pictures(browser, "asks")
        browser.click("dialog button", "Go on")
        self.assertTrue(self.asks(browser), "both have to be said")
        browser.click("dialog label", "still firmly")
        browser.click("dialog label", "home in X and Y")
        browser.click("dialog button", "Go on")
        browser.wait_for_text("Nozzle above the bed, in mm")
        self.assertEqual(len(server.get("/api/v1/jobs").json()["items"]), 1, "nothing was booked")
        self.pictures(browser, "height")
        for wrong in ("", "high", "-1", "999"):
            browser.evaluate("document.querySelector('dialog .problem').textContent = ''")
            browser.type("dialog input[inputmode=decimal]", wrong)
            browser.click("dialog button", "Go on")
            browser.wait_for_text("A height from 0 to 250 mm is needed.")
        self.picture(browser, "wrong")
        browser.type("dialog input[inputmode=decimal]", "0,3")
        browser.click("dialog button", "Go on")
        browser.wait_for_text("Printing")
        self.assertFalse(self.asks(browser))
        self.picture(browser, "prints")
        browser.wait_for_text("Operational")
        rest, broken = server.get("/api/v1/jobs").json()["items"]
        self.assertEqual((rest["state"], rest["recovers"]), ("done", broken["id"]), rest["reason"])
        self.assertNotIn("Go on after", browser.text())

    def test_where_the_height_is_known_nobody_is_asked(self):
        server = self.cut()
        browser = self.open(server, "es")
        browser.click("button", "Continuar tras el corte de luz")
        browser.click("dialog label", "bien sujeta")
        browser.click("dialog label", "origen en X e Y")
        self.pictures(browser, "es")
        browser.click("dialog button", "Continuar")
        browser.wait_for_text("Imprimiendo")
        self.assertNotIn("en mm", browser.text())
        browser.wait_for_text("Lista")
        self.assertEqual(server.get("/api/v1/jobs").json()["items"][0]["state"], "done")


if __name__ == "__main__":
    unittest.main(verbosity=2)
