"""`stepcastd` killed while it is busy keeps what it has acknowledged (500 times: bench/kill_server.py)."""

import unittest

from kill_support import BusyServer
from server_support import TestCase

KILLS = 10
SEED = 7


class Killed(TestCase):

    def test_keeps_what_it_has_acknowledged(self):
        busy = BusyServer(self.folder, SEED)
        busy.start()
        self.addCleanup(lambda: busy.server.process.poll() is None and busy.server.stop())
        for kill in range(KILLS):
            busy.kill_while_busy()
            busy.start()
            self.assertEqual(busy.broken_promises(), [], f"after kill {kill + 1}, seed {SEED}")
        self.assertGreaterEqual(len(busy.promises.files), 3 * KILLS)
        self.assertGreater(len(busy.promises.started), 0)
        self.assertGreater(len(busy.promises.events), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
