#!/usr/bin/env python3
"""Writes docs/clients.md from what the tests of the clients found.

usage: clients_table.py [FOLDER]    default: build/dev/clients, where `ctest -R e2e.clients` writes
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

HEAD = """# Clients

What clients of OctoPrint get from `stepcastd`, call by call. Written by `scripts/clients_table.py` from the results of `ctest -R e2e.clients`, which runs the real libraries from PyPI and requests of slicers and apps written down from their behaviour; a test fails when this page is older than they are. The printer is a virtual TAZ 6.

"""


def section(client, rows):
    lines = [f"## {client}", "", "| Call | Result |", "|---|---|"]
    lines += [f"| `{call}` | {result} |" for call, result in rows]
    return "\n".join(lines) + "\n"


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "dev" / "clients"
    results = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]
    if not results:
        raise SystemExit(f"no results in {folder}: run ctest -R e2e.clients first")
    parts = [section(result["client"], result["rows"])
             for result in sorted(results, key=lambda result: result["client"].lower())]
    (ROOT / "docs" / "clients.md").write_text(HEAD + "\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
