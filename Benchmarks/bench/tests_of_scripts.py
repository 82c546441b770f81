"""Tests of what decides the exit status of programs in scripts/."""

import contextlib
import importlib.machinery
import importlib.util
import io
import sys
import unittest
from unittest import mock

from paths import ROOT


def script(name):
    """A program of scripts/ as a module."""
    if str(ROOT / "scripts") not in sys.path:
        sys.path.insert(0, str(ROOT / "scripts"))
    loader = importlib.machinery.SourceFileLoader(name, str(ROOT / "scripts" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


class ChaosTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.chaos = script("chaos")

    def problems(self, name, right=100, statuses=(), counts=(), **changes):
        result = {"requests": 100, "right": right, "wrong": 0, "damaged": 0, "unanswered": 0, "failed": 0} | changes
        return self.chaos.problems(name, result, dict(statuses), dict(counts))

    def test_every_scenario_is_expected_to_show_something(self):
        self.assertEqual(self.chaos.EXPECTED.keys(), self.chaos.SCENARIOS.keys())

    def test_the_table_of_the_documentation_is_as_expected(self):
        page = (ROOT / "docs/chaos.md").read_text().split("<!-- chaos: begin -->")[1].split("<!-- chaos: end -->")[0]
        rows = {row[0]: row for row in ([cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines()[3:] if line)}
        for name, (least, signs) in self.chaos.EXPECTED.items():
            _, _, asked, right, damaged, wrong, statuses, none, *_, again, elsewhere, late, doubled = rows[name]
            seen = dict(damaged=damaged, wrong=wrong, late=late, doubled=doubled, elsewhere=elsewhere) | {"sent again": again}
            self.assertGreaterEqual(int(right), least * int(asked), name)
            self.assertEqual(none, "0")
            for sign in signs:
                self.assertTrue(sign + ":" in statuses or seen.get(sign, "1") not in ("0", "-"), f"{name}: {sign}")

    def test_all_is_well(self):
        self.assertEqual(self.problems("2 % loss", counts={"lost": 2, "sent again": 2}), [])
        self.assertEqual(self.problems("the same over a plain pool", 90, wrong=10), [])
        self.assertEqual(self.problems("a restarted upstream", 90, {"200": 90, "502": 10}), [])

    def test_a_gateway_that_fails(self):
        signs = {"lost": 2, "sent again": 2}
        self.assertEqual(len(self.problems("2 % loss", 99, {"504": 1}, signs)), 1)
        self.assertEqual(len(self.problems("2 % loss", 0, {}, signs, requests=0)), 1)
        self.assertEqual(len(self.problems("a restarted upstream", 1, {"502": 99})), 1)
        for changes in ({"unanswered": 1}, {"failed": 1}, {"wrong": 1}, {"damaged": 1}):
            self.assertEqual(len(self.problems("2 % loss", counts=signs, **changes)), 1)

    def test_trouble_that_does_not_come(self):
        self.assertEqual(len(self.problems("2 % loss", counts={"lost": 0, "sent again": 2})), 1)
        self.assertEqual(len(self.problems("two upstreams, one killed", counts={"elsewhere": 0})), 1)
        self.assertEqual(len(self.problems("a restarted upstream", statuses={"200": 100})), 1)
        self.assertEqual(len(self.problems("the same over a plain pool")), 1)

    def test_words_that_name_no_scenario(self):
        for arguments in (["no such"], ["loss", "no such"], ["loss", "--write", "page.md"]):
            with self.assertRaises(SystemExit) as end, mock.patch("sys.argv", ["chaos", *arguments]):
                with contextlib.redirect_stderr(io.StringIO()), mock.patch.object(self.chaos, "build_with_load", self.fail):
                    self.chaos.main()
            self.assertEqual(end.exception.code, 2)
