"""The table of clients: what each call of each client gets. docs/clients.md is a copy of it."""

import json
import os
import pathlib

FOLDER = pathlib.Path(os.environ["STEPCAST_CLIENTS_DIR"])
PAGE = pathlib.Path(os.environ["STEPCAST_SOURCE_DIR"]) / "docs" / "clients.md"


def section(client, rows):
    """A part of the page, as scripts/clients_table.py and the tests have it."""
    lines = [f"## {client}", "", "| Call | Result |", "|---|---|"]
    lines += [f"| `{call}` | {result} |" for call, result in rows]
    return "\n".join(lines) + "\n"


class Table:
    def __init__(self, test, client):
        self.test, self.client, self.rows = test, client, []

    def add(self, call, result):
        self.rows.append((call.replace("`", "'"), result.replace("|", "/")))

    def ok(self, call, condition=True, detail=None):
        """A call that has to work."""
        self.test.assertTrue(condition, f"{self.client}: {call}: {detail}")
        self.add(call, "ok")

    def close(self):
        """Writes the rows, and says when the page is older than they are."""
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{self.client}.json").write_text(
            json.dumps({"client": self.client, "rows": self.rows}, ensure_ascii=False, indent=1),
            encoding="utf-8")
        page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        self.test.assertIn(section(self.client, self.rows), page,
                           f"docs/clients.md is stale: run scripts/clients_table.py {FOLDER}")
