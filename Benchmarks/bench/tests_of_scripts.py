"""Tests of what decides the exit status of programs in scripts/."""

import contextlib
import importlib.machinery
import importlib.util
import io
import multiprocessing
import socket
import sys
import tempfile
import threading
import types
import unittest
from pathlib import Path
from unittest import mock

from paths import ROOT
from tests import MACHINE


def script(name):
    """A program of scripts/ as a module."""
    if str(ROOT / "scripts") not in sys.path:
        sys.path.insert(0, str(ROOT / "scripts"))
    loader = importlib.machinery.SourceFileLoader(name, str(ROOT / "scripts" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


class ArgumentsTests(unittest.TestCase):
    def refuses(self, name, build, *arguments):
        """A script says that these are wrong usage before it does anything."""
        module = script(name)
        with self.assertRaises(SystemExit) as end, mock.patch("sys.argv", [name, *arguments]):
            with contextlib.redirect_stderr(io.StringIO()), mock.patch.object(module, build, self.fail):
                module.main()
        self.assertEqual(end.exception.code, 2)

    def test_words_that_name_nothing(self):
        self.refuses("chaos", "build_with_load", "no such")
        self.refuses("chaos", "build_with_load", "loss", "no such")
        self.refuses("recipes", "enter_network", "dns", "no such")

    def test_a_part_does_not_take_the_place_of_a_table(self):
        self.refuses("chaos", "build_with_load", "loss", "--write", "page.md")
        self.refuses("drains", "build", "plain", "--write", "page.md")
        self.refuses("recipes", "enter_network", "dns", "--write")


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


class SoakTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.soak = script("soak")

    def rows(self, **growth):
        """The quarters of four minutes in which these figures grow by so much a minute."""
        usual = {"rss_mb": 20.0, "descriptors": 3000, "threads": 5, "p50_ms": 1.0, "p99_ms": 4.0}
        samples = [{"minute": second / 60} | {figure: value + growth.get(figure, 0) * second / 60 for figure, value in usual.items()}
                   for second in range(5, 241, 5)]
        return self.soak.quarters(samples, 4)

    def problems(self, rows, ending=None, **changes):
        client = {"answered": 1000, "statuses": {"200": 999, "504": 1}, "wrong": 0, "failed": 0, "unanswered": 0} | changes
        usual = {"moves": 1, "rude": 5, "connections left": 0, "failures": {}, "exit status": 0}
        return self.soak.problems({"steady": client}, rows, usual | (ending or {}))

    def test_all_is_well(self):
        self.assertEqual(self.problems(self.rows()), [])

    def test_what_grows_is_found(self):
        for figure, growth in {"rss_mb": 1, "descriptors": 200, "threads": 1, "p99_ms": 3}.items():
            found = self.problems(self.rows(**{figure: growth}))
            self.assertEqual(len(found), 1, figure)
            self.assertIn(self.soak.TITLES[figure], found[0])

    def test_what_shrinks_is_well(self):
        self.assertEqual(self.problems(self.rows(rss_mb=-1, p99_ms=-0.5)), [])

    def test_what_clients_see(self):
        for changes in ({"wrong": 1}, {"failed": 1}, {"unanswered": 1}):
            self.assertEqual(len(self.problems(self.rows(), **changes)), 1)
        for ending in ({"connections left": 1}, {"exit status": 1}):
            self.assertEqual(len(self.problems(self.rows(), ending)), 1)

    def test_most_replies_are_right(self):
        for statuses in ({"200": 900, "504": 100}, {"503": 1000}, {}, {504: 1000}):
            self.assertEqual(len(self.problems(self.rows(), statuses=statuses)), 1, statuses)
        self.assertEqual(self.problems(self.rows(), statuses={200: 999, 504: 1}), [])

    def test_the_trouble_came(self):
        for ending in ({"moves": 0}, {"rude": 0}):
            self.assertEqual(len(self.problems(self.rows(), ending)), 1)

    def test_table(self):
        client = {"answered": 10, "statuses": {"200": 9, "504": 1}, "wrong": 0, "failed": 0, "unanswered": 0}
        run = {"started": "20260102-030405", "machine": MACHINE, "letterbox": "abc", "minutes": 4, "rate": 10, "results": {"steady": client},
               "ending": {"moves": 1, "rude": 5}, "quarters": self.rows(rss_mb=1)}
        text = "\n".join(self.soak.lines(run))
        self.assertIn("| 4 | 10 | 10 | 9 | 1 504 | 0 | 0 | 1 | 5 |", text)
        self.assertIn("**exceeded**", text)


class OverloadTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.overload = script("overload")

    def problems(self, *goods, capacity=100, non_200=0, refused=100):
        """Those of a run whose legs had so many right answers a second."""
        return self.overload.problems({"per_second": capacity, "non_200": non_200}, [(1, 100, good, refused) for good in goods])

    def test_all_is_well(self):
        self.assertEqual(self.problems(50, 100, 95), [])

    def test_less_than_the_capacity(self):
        self.assertEqual(len(self.problems(50, 60, 60)), 1)
        self.assertEqual(len(self.problems(0, 0, 0)), 1)

    def test_goodput_that_falls(self):
        self.assertEqual(len(self.problems(50, 100, 80)), 1)

    def test_nothing_is_refused(self):
        self.assertEqual(len(self.problems(50, 100, 95, refused=0)), 1)

    def test_a_capacity_of_errors(self):
        self.assertEqual(len(self.problems(100, 100, capacity=100, non_200=1)), 1)
        self.assertEqual(len(self.problems(0, 0, capacity=0)), 1)


class FairnessTests(unittest.TestCase):
    def test_both_are_answered(self):
        problems = script("fairness").problems
        self.assertEqual(problems({"nothing": 0.01, "pipelined 404s": 0.2}, {"pipelined 404s": 5}), [])
        self.assertEqual(len(problems({"nothing": 0.01, "pipelined 404s": 1}, {"pipelined 404s": 5})), 1)
        self.assertEqual(len(problems({"nothing": 0.01, "pipelined 404s": 0.2}, {"pipelined 404s": 0})), 1)


class ServicesTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.services = script("services")

    def problems(self, right=70, missing=30, wrong=0, lost=0):
        load = types.SimpleNamespace(path="/lossy", right=right, missing=missing, wrong=wrong)
        return self.services.problems([load], lost)

    def test_what_clients_see(self):
        self.assertEqual(self.problems(), [])
        for changes in ({"right": 0}, {"right": 20, "missing": 80}, {"wrong": 1}, {"lost": 1}, {"lost": -1}):
            self.assertEqual(len(self.problems(**changes)), 1, changes)

    def test_datagrams_in_the_queue_count(self):
        """A responder is asked for its count while all its datagrams are in the queue."""
        door, client = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        ours, pipe = multiprocessing.Pipe()
        with door, client, pipe:
            door.bind(("127.0.0.1", 0))
            for number in range(50):
                client.sendto(b"%d" % number, door.getsockname())
            ours.send(None)
            responder = threading.Thread(target=self.respond, args=(door, pipe), daemon=True)
            responder.start()
            self.assertEqual(ours.recv(), 50)
            ours.close()
            responder.join()

    def respond(self, door, pipe):
        with contextlib.suppress(EOFError):
            self.services.respond("count", door, pipe)


class FleetTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.fleet = script("fleet")

    def test_every_proxy_has_its_snippets(self):
        for proxy in self.fleet.PROXIES:
            for section in ("Networks", "Rates", "Client certificates"):
                self.assertEqual(self.fleet.snippet(section, proxy) is None, (proxy, section) == ("caddy", "Rates"))

    def test_a_fence_with_another_name(self):
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "docs/operating.md"
            page.parent.mkdir()
            page.write_text((ROOT / "docs/operating.md").read_text().replace("```nginx", "```conf").replace("### Rates", "### Rates\n```caddy\n```"))
            with mock.patch.object(self.fleet, "ROOT", Path(folder)):
                for proxy, section in (("nginx", "Networks"), ("caddy", "Rates")):
                    with self.assertRaises(SystemExit):
                        self.fleet.snippet(section, proxy)
