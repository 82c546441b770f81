"""Tests of what decides an exit status: a check that cannot fail is none."""

import collections
import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import budget

MEASURED = {"instructions": 3000.0, "system calls": 4.0}


class BudgetTests(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.profile = Path(folder) / "callgrind"
        self.file = Path(folder) / "budget.json"
        self.file.write_text(json.dumps({"architecture": "a", "written with": None, "per request": MEASURED}))
        self.enterContext(mock.patch.object(budget, "BUDGET", self.file))
        self.enterContext(mock.patch("platform.machine", lambda: "a"))
        self.enterContext(contextlib.redirect_stdout(io.StringIO()))

    def costs(self, **changes):
        """Has these measured; None for what was not."""
        costs = {name.replace("_", " "): cost for name, cost in changes.items()}
        costs = {name: cost for name, cost in (MEASURED | costs).items() if cost is not None}
        self.enterContext(mock.patch.object(budget, "measure", lambda _: iter([costs])))

    def test_within_and_over(self):
        self.costs()
        self.assertEqual(budget.check("letterbox"), 0)
        self.costs(instructions=4000)
        self.assertEqual(budget.check("letterbox"), 1)

    def test_what_was_not_measured_is_not_within(self):
        self.costs(system_calls=None)
        with self.assertRaisesRegex(budget.CannotMeasure, "system calls"):
            budget.check("letterbox")
        self.costs(new=1)
        with self.assertRaisesRegex(budget.CannotMeasure, "new"):
            budget.check("letterbox")

    def test_over_comes_before_what_was_not_measured(self):
        self.costs(instructions=4000, system_calls=None)
        self.assertEqual(budget.check("letterbox"), 1)

    def test_a_budget_loses_nothing(self):
        self.costs(system_calls=None)
        with self.assertRaisesRegex(budget.CannotMeasure, "system calls"):
            budget.write("letterbox")
        self.assertEqual(json.loads(self.file.read_text())["per request"], MEASURED)

    def test_a_profile_without_its_sum(self):
        self.profile.write_text("fn=(1) malloc\n1 2\ntotals: 7\n")
        self.assertEqual(budget.read_callgrind(self.profile)[0], 7)
        self.profile.write_text("fn=(1) malloc\n1 2\n")
        with self.assertRaises(budget.CannotMeasure):
            budget.read_callgrind(self.profile)

    def test_names_that_match_nothing(self):
        calls = collections.Counter({"malloc": 5, "swift_retain": 3})
        with mock.patch.object(budget, "profile", lambda *_: (7, calls)):
            self.assertEqual(budget.count_instructions("letterbox", 1)["heap allocations"], 5)
        for name in calls:
            with mock.patch.object(budget, "profile", lambda *_: (7, calls - collections.Counter({name: 9}))):
                with self.assertRaisesRegex(budget.CannotMeasure, "letterbox"):
                    budget.count_instructions("letterbox", 1)
