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
import build
import candidates
import check
import cli

MEASURED = {"instructions": 3000.0, "system calls": 4.0}


class Case(unittest.TestCase):
    def setUp(self):
        self.enter(contextlib.redirect_stdout(io.StringIO()))

    def enter(self, context):
        """Enters it until the end of the test; enterContext is younger than Python 3.10."""
        self.addCleanup(context.__exit__, None, None, None)
        return context.__enter__()


class BudgetTests(Case):
    def setUp(self):
        super().setUp()
        folder = self.enter(tempfile.TemporaryDirectory())
        self.profile = Path(folder) / "callgrind"
        self.file = Path(folder) / "budget.json"
        self.file.write_text(json.dumps({"architecture": "a", "written with": None, "per request": MEASURED}))
        self.enter(mock.patch.object(budget, "BUDGET", self.file))
        self.enter(mock.patch("platform.machine", lambda: "a"))

    def costs(self, **changes):
        """Has these measured; None for what was not."""
        costs = {name.replace("_", " "): cost for name, cost in changes.items()}
        costs = {name: cost for name, cost in (MEASURED | costs).items() if cost is not None}
        self.enter(mock.patch.object(budget, "measure", lambda _: iter([costs])))

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
        with self.assertRaisesRegex(budget.Miscounted, "new"):
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
        with self.assertRaises(budget.Miscounted):
            budget.read_callgrind(self.profile)

    def test_names_that_match_nothing(self):
        calls = collections.Counter({"malloc": 5, "swift_retain": 3})
        with mock.patch.object(budget, "profile", lambda *_: (7, calls)):
            self.assertEqual(budget.count_instructions("letterbox", 1)["heap allocations"], 5)
        for name in calls:
            with mock.patch.object(budget, "profile", lambda *_: (7, calls - collections.Counter({name: 9}))):
                with self.assertRaisesRegex(budget.Miscounted, "letterbox"):
                    budget.count_instructions("letterbox", 1)

    def main(self, *arguments, build=None, **patches):
        """The exit status where the program builds or not, and these functions do or raise something else."""
        usual = {"observe": mock.DEFAULT, "check": mock.Mock(return_value=0)}
        with mock.patch.multiple("build", build_c=mock.DEFAULT, build_letterbox=lambda: build), \
                mock.patch.multiple(budget, **usual | patches), mock.patch("sys.argv", ["budget", *arguments]):
            return budget.main()

    def test_exit_statuses(self):
        """Continuous integration goes on after 2, so that a fault of the count must not be that."""
        self.assertEqual(self.main(), 0)
        for problem, status in ((budget.Miscounted("none"), 1), (budget.CannotMeasure("no valgrind"), 2)):
            self.assertEqual(self.main(check=mock.Mock(side_effect=problem)), status)

    def test_a_program_that_does_not_build_or_answer(self):
        """That is a fault of the program: only where it answers without a tool may the tool be at fault."""
        self.assertEqual(self.main(build="an error"), 1)
        for problem in budget.CannotMeasure("503"), budget.NotReady("ended"), budget.LoadFailed("ended"):
            observe = mock.Mock(side_effect=lambda tool, *_, problem=problem: tool or self.fails(problem))
            self.assertEqual(self.main("--letterbox", "letterbox", observe=observe), 1)
            under_a_tool = mock.Mock(side_effect=problem)
            self.assertEqual(self.main("--letterbox", "letterbox", check=under_a_tool), 2)

    def test_every_kind_of_run_is_tried_first(self):
        observe = mock.Mock(side_effect=lambda tool, *how: "--close" in how and self.fails(budget.CannotMeasure("503")))
        self.assertEqual(self.main(observe=observe), 1)

    def fails(self, problem):
        raise problem


class BuildTests(unittest.TestCase):
    def test_every_candidate_of_a_program_that_does_not_build(self):
        with mock.patch.multiple(build, build_c=lambda: None, build_letterbox=lambda: "an error", build_go=lambda: None):
            problems = build.build(["letterbox", "letterbox-dns", "epoll", "go"])
        self.assertEqual(problems, {"letterbox": "an error", "letterbox-dns": "an error"})


class CheckTests(Case):
    def main(self, *arguments, problems=(), wrong=None):
        """The exit status of `--check` where these do not build, and each check of a gateway says so."""
        self.enter(mock.patch("build.build", lambda names: {name: why for name, why in dict(problems).items() if name in names}))
        self.enter(mock.patch.object(check, "check_gateway", lambda *_: {"a check": wrong}))
        self.enter(mock.patch("candidates.missing", lambda program: None if program == "/there" else "not built"))
        commands = dict.fromkeys(candidates.DEFAULTS["gateway"], ("/there", None)) | {"node": (None, None)}
        self.enter(mock.patch("candidates.commands", lambda *_: commands))
        return cli.main(["--check", *arguments])

    def test_right_and_wrong(self):
        self.assertEqual(self.main(), 0)
        self.assertEqual(self.main(wrong="a reply"), 1)

    def test_what_does_not_build(self):
        self.assertEqual(self.main(problems={"go": "an error"}), 1)
        with self.assertRaisesRegex(SystemExit, "letterbox does not build"):
            self.main(problems={"letterbox": "an error"})

    def test_nothing_is_there(self):
        self.assertEqual(self.main("--candidates", "node"), 1)
        self.assertEqual(self.main("--candidates", "dnsdist"), 1)


class FailureTests(unittest.TestCase):
    def fails(self, legs=({},), raw=({},), **changes):
        tables = {"growth": [{"raw": {"64": list(raw)}}], "parser": [{"raw": [{"work": "w"}]}], "start": [{"raw": {"idle_bytes": 9}}]}
        return cli.has_failed({"legs": list(legs), "tables": tables, "left_out": {}} | changes)

    def test_all_is_well(self):
        self.assertFalse(self.fails(legs=[{"requests": 9, "non_200": 4, "wrong": 0}], left_out={"node": "not installed"}))
        self.assertFalse(self.fails(legs=[]))

    def test_a_leg_without_an_end(self):
        self.assertTrue(self.fails(legs=[{}, {"problem": "it ended"}]))
        self.assertTrue(self.fails(raw=[{}, {"problem": "it ended"}]))

    def test_a_leg_with_wrong_replies(self):
        self.assertTrue(self.fails(legs=[{"wrong": 1}]))
        self.assertTrue(self.fails(raw=[{"wrong": 1}]))

    def test_a_leg_of_errors(self):
        self.assertTrue(self.fails(legs=[{"requests": 9, "non_200": 5}]))
        self.assertTrue(self.fails(raw=[{"requests": 9, "answered": 4, "non_200": 3}]))
        # The load generator for HTTP/2 counts an error as a failure.
        self.assertTrue(self.fails(legs=[{"answered": 4, "failed": 5}]))
        self.assertFalse(self.fails(legs=[{"answered": 5, "failed": 4}]))

    def test_a_table_that_failed_and_nothing_at_all(self):
        self.assertTrue(self.fails(left_out={"growth": "KeyError"}))
        self.assertTrue(self.fails(legs=[], tables={}))
