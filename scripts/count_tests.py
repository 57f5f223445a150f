#!/usr/bin/env python3
"""Counts the test cases of a stage of ./check: "passed failed skipped" to a file, a line for each
skipped one, with its reason, to another, and what the failed ones said to a third.

usage: count_tests.py JUNIT GTEST_FOLDER COUNTS SKIPS FAILURES

JUNIT is what CTest wrote. A test executable whose tests ran as one CTest case
(STEPCAST_TESTS_TOGETHER) left a file of GoogleTest, NAME.xml, in GTEST_FOLDER: its cases count
instead of that one.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree


# CTest copies what a program printed, control characters and all, which no XML may contain.
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|&#(?!x0?[9AD];)x?[0-9a-fA-F]*;")


def cases_of(report):
    text = pathlib.Path(report).read_text(encoding="utf-8", errors="replace")
    return ElementTree.fromstring(NOT_XML.sub("?", text.partition("?>")[2])).iter("testcase")


def together(report):
    """(passed, failed, {skipped: reason}) of a report of GoogleTest."""
    passed, failed, skipped = 0, 0, {}
    for case in cases_of(report):
        name = f"{case.get('classname')}.{case.get('name')}"
        if case.get("status") != "run":
            continue  # disabled
        if case.find("failure") is not None:
            failed += 1
        elif case.get("result") == "skipped":
            reason = case.find("skipped")
            text = reason.get("message", "") if reason is not None else ""
            skipped[name] = text.strip().splitlines()[-1] if text.strip() else "no reason given"
        else:
            passed += 1
    return passed, failed, skipped


def alone(case):
    """The same of one case of CTest."""
    if case.find("failure") is not None:
        return 0, 1, {}
    output = case.findtext("system-out") or ""
    if case.find("skipped") is None:
        # A script of several tests passes although it left one out.
        parts = re.findall(r"^(\w+) \([\w.]+\)(?:\n.*)? \.\.\. skipped '(.*)'$", output, re.MULTILINE)
        return 1, 0, {f"{case.get('name')}.{part}": why for part, why in parts}
    reason = re.search(r": Skipped\n(.*)", output)
    return 0, 0, {case.get("name"): reason.group(1) if reason else "no reason given"}


# Where a failed test says why: GoogleTest, a script of unittest, a sanitizer.
SAYS_WHY = re.compile(r"Failure$|^Traceback|^(FAIL|ERROR): |ERROR: .*Sanitizer|WARNING: ThreadSanitizer|runtime error:|terminate called")
# Enough of it to know the cause without the whole log.
LINES_OF_CAUSE = 14
COLUMNS_OF_CAUSE = 240


def cause(case):
    lines = (case.findtext("system-out") or "").splitlines()
    begin = next((at for at, line in enumerate(lines) if SAYS_WHY.search(line)),
                 max(0, len(lines) - LINES_OF_CAUSE))
    return "".join(f"    {line[:COLUMNS_OF_CAUSE]}\n" for line in lines[begin:begin + LINES_OF_CAUSE])


def main():
    junit, folder, counts, skips, failures = sys.argv[1:]
    passed, failed, skipped = 0, 0, {}
    causes = []
    for case in cases_of(junit):
        report = pathlib.Path(folder, f"{case.get('name')}.xml")
        result = together(report) if report.is_file() else alone(case)
        # One that crashed, or that found no test, failed though its cases did not.
        if case.find("failure") is not None and result[1] == 0:
            result = (result[0], 1, result[2])
        if result[1] > 0:
            causes.append(f"{case.get('name')}:\n{cause(case)}")
        passed += result[0]
        failed += result[1]
        skipped.update(result[2])
    pathlib.Path(counts).write_text(f"{passed} {failed} {len(skipped)}\n")
    pathlib.Path(skips).write_text("".join(f"{name}: {why}\n" for name, why in skipped.items()))
    pathlib.Path(failures).write_text("".join(causes))


if __name__ == "__main__":
    main()
