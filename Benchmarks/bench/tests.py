"""Tests of the measuring script itself: `scripts/bench --self-test`."""

import contextlib
import io
import json
import tempfile
import types
import unittest
from pathlib import Path

import candidates
import growth
import measure
import page
import report
import targets
from measure import Bench, Cell
from paths import ROOT
from turns import Clock, Turns, inner, is_wide, paired, spread

CELL = {"suite": "gateway", "mode": "keep-alive", "connections": 64, "body": 50}
FIGURES = {"per_second": 100.0, "cpu_us": 10.0, "p50_us": 50, "p99_us": 99, "p999_us": 100, "user_us": 1, "system_us": 9,
           "peak_bytes": 1e6, "non_200": 0, "wrong": 0, "failed": 0, "unanswered": 0, "load_share": 0.5}
MACHINE = {"cpu": "A processor", "cores": 2, "memory_gib": 8, "kernel": "6", "versions": ["Swift 6"]}


def options(**changes):
    usual = {"clock": Clock(), "repeats": 2, "warmup": 1.0, "seconds": 1, "rounds": 3, "full": False}
    return types.SimpleNamespace(**usual | changes)


def result(started="20260102-030405", legs=(), tables=None):
    return {"command": "scripts/bench", "started": started, "machine": MACHINE, "rounds": 3, "seconds": 1, "left_out": {},
            "rates": {}, "legs": list(legs), "tables": tables or {}}


def leg(candidate, number, cell=CELL, **figures):
    return {"cell": cell, "candidate": candidate, "round": number} | FIGURES | figures


class SpreadTests(unittest.TestCase):
    def test_spread_is_a_share_of_the_median(self):
        self.assertAlmostEqual(spread([90, 100, 120]), 0.3)
        self.assertEqual(spread([]), 0)

    def test_inner_half(self):
        self.assertEqual(inner([5, 1, 9, 4]), [4, 5])
        self.assertEqual(inner([3, 1, 2]), [1, 2, 3])

    def test_wide_is_above_thirty_per_cent(self):
        def legs(*values, **marks):
            return [{"cpu_us": value} | marks for value in values]

        self.assertFalse(is_wide(legs(85, 100, 115), "cpu_us"))
        self.assertTrue(is_wide(legs(85, 100, 116), "cpu_us"))
        # Once repeated, two rounds of eight that a neighbour has disturbed are none that call for more.
        self.assertFalse(is_wide(legs(50, 60, 100, 100, 101, 102, 150, 160, repeat=True), "cpu_us"))

    def test_pairs_are_of_one_round(self):
        ours = [{"round": 1, "cpu_us": 11}, {"round": 2, "cpu_us": 22}, {"round": 3, "cpu_us": 99}]
        theirs = [{"round": 2, "cpu_us": 20}, {"round": 1, "cpu_us": 10}]
        self.assertAlmostEqual(paired(ours, theirs, "cpu_us"), 1.1)
        self.assertIsNone(paired(ours, [], "cpu_us"))


class TurnsTests(unittest.TestCase):
    def take(self, figures, rounds=3, **changes):
        """Turns of one kind whose legs have these figures, and then the last of them for ever."""
        left = list(figures)
        turns = Turns(options(**changes))
        turns.take({("a",): lambda: {"cpu_us": left.pop(0) if len(left) > 1 else left[0]}}, rounds)
        return turns.legs["a",]

    def test_a_steady_row_is_not_repeated(self):
        self.assertEqual(len(self.take([100, 101, 99])), 3)

    def test_a_wide_row_is_repeated_until_it_is_steady(self):
        legs = self.take([50, 100, 100])
        self.assertEqual(len(legs), 6)
        self.assertEqual([leg.get("repeat", False) for leg in legs], [False] * 3 + [True] * 3)

    def test_at_most_twice_as_many_rounds_more(self):
        left = list(range(1, 1000, 90))
        self.assertEqual(len(self.take([value ** 2 for value in left])), 9)

    def test_none_where_none_are_wanted(self):
        self.assertEqual(len(self.take([1, 100, 1000], repeats=0)), 3)

    def test_none_when_time_is_over(self):
        clock = Clock(minutes=0)
        self.assertEqual(len(self.take([1, 100, 1000], clock=clock)), 3)

    def test_what_is_owed_comes_first(self):
        clock = Clock(minutes=1)
        self.assertTrue(clock.has(50))
        clock.owed = 30
        self.assertFalse(clock.has(50))

    def test_a_leg_that_fails_is_kept_with_its_reason(self):
        turns = Turns(options())
        taken = turns.take({("a",): lambda: 1 / 0}, 2)
        self.assertEqual(taken, {("a",): []})
        self.assertIn("division", turns.legs["a",][0]["problem"])

    def test_those_compared_are_repeated_together(self):
        wide, steady = iter([10, 100, 1000] + [100] * 20), iter([100] * 30)
        turns = Turns(options())
        turns.take({(1, "a"): lambda: {"cpu_us": next(wide)}, (1, "b"): lambda: {"cpu_us": next(steady)},
                    (2, "a"): lambda: {"cpu_us": 5}}, 3, group=lambda key: key[0])
        counts = {key: len(legs) for key, legs in turns.legs.items()}
        self.assertGreater(counts[1, "a"], 3)
        self.assertEqual(counts[1, "a"], counts[1, "b"])
        self.assertEqual(counts[2, "a"], 3)


class RepeatTests(unittest.TestCase):
    def bench(self, legs, **changes):
        bench = Bench.__new__(Bench)
        bench.options = options(**changes)
        bench.legs = list(legs)
        bench.names = lambda suite: ["letterbox", "epoll", "node", "go"]
        bench.leg = lambda cell, name: FIGURES
        return bench

    def test_a_wide_row_and_those_beside_it(self):
        legs = [leg(name, number) for name in ("letterbox", "epoll", "go") for number in (1, 2, 3)]
        legs += [leg("node", number, per_second=value) for number, value in ((1, 50), (2, 100), (3, 150))]
        bench = self.bench(legs)
        bench.repeat([Cell(**CELL)], lambda cell, leg: None)
        more = report.repeated(bench.legs)[Cell(**CELL).title]
        self.assertEqual(set(more), {"node", "epoll"})
        self.assertLessEqual(more["node"], 6)
        self.assertEqual(more["node"], more["epoll"])

    def test_letterbox_and_bare_c_go_together(self):
        legs = [leg(name, number) for name in ("letterbox", "epoll", "node", "go") for number in (2, 3)]
        legs += [leg("letterbox", 1, per_second=10)]
        bench = self.bench(legs)
        bench.repeat([Cell(**CELL)], lambda cell, leg: None)
        self.assertEqual(set(report.repeated(bench.legs)[Cell(**CELL).title]), {"letterbox", "epoll"})

    def test_at_a_constant_rate_cpu_tells(self):
        cell = CELL | {"mode": "half-load"}
        legs = [leg("letterbox", number, cell, cpu_us=value) for number, value in ((1, 5), (2, 10), (3, 15))]
        bench = self.bench(legs)
        self.assertEqual(bench.to_repeat(Cell(**cell), bench.turns(Cell(**cell))), ["letterbox", "epoll"])

    def test_it_ends(self):
        bench = self.bench([leg(name, number, per_second=10.0 ** number) for number in (1, 2, 3) for name in ("letterbox", "epoll")])
        counter = iter(range(1, 1000))
        bench.leg = lambda cell, name: FIGURES | {"per_second": 10.0 ** (next(counter) % 7)}
        bench.repeat([Cell(**CELL)], lambda cell, leg: None)
        self.assertEqual(sum(leg["candidate"] == "letterbox" for leg in bench.legs), 9)


class RoomTests(unittest.TestCase):
    def test_both_have_as_many_sockets(self):
        own, bare = candidates.flags_of_room(1024)
        self.assertEqual(own[-2:], bare)

    def test_they_fit_the_descriptors(self):
        for connections in (1, 64, 1024, 4096, 10000):
            most, sockets = candidates.room(connections, 20_000)
            self.assertGreater(most, connections)
            self.assertLess(most + sockets, 20_000)
        self.assertEqual(candidates.room(64, 1_000_000)[1], candidates.MOST_SOCKETS)

    def test_every_kind_of_growth_has_room(self):
        for kinds in growth.works().values():
            for how in kinds.values():
                self.assertLessEqual(how.get("services", 0), 100)


class SpreadOverWorkersTests(unittest.TestCase):
    def test_above_an_even_share(self):
        self.assertAlmostEqual(growth.above_even([60, 40], 2), 0.2)
        self.assertAlmostEqual(growth.above_even([100], 2), 1)
        self.assertIsNone(growth.above_even([], 2))

    def test_requests_by_connection(self):
        first = {"threads": {"1": 0, "2": 0}, "loops": []}
        last = {"threads": {"1": 30, "2": 10, "3": 1}, "loops": [[1000, 1001], [1002]]}
        found = growth.spread_over(2, {"1000": 5, "1001": 5, "1002": 30}, first, last)
        self.assertAlmostEqual(found["requests_spread"], 0.5)
        self.assertAlmostEqual(found["connections_spread"], 1 / 3)
        self.assertAlmostEqual(found["time_spread"], 0.5)


class PageTests(unittest.TestCase):
    def whole(self):
        """A result that has every suite."""
        def table(title, **more):
            return {"title": title, "text": "", "columns": ["what", "how"], "rows": [["a", "b"]]} | more

        legs = [leg(name, number) for name in ("letterbox", "epoll", "go") for number in (1, 2, 3)]
        for suite in ("dns", "doh", "udp"):
            legs += [leg("letterbox-dns", 1, CELL | {"suite": suite})]
        taken = {"connections": {(n, who): [FIGURES | {"round": 1}] for n in growth.CONNECTIONS for who in ("Letterbox", "bare C")}}
        tables = {"growth": [growth.connections_table(taken["connections"])]}
        tables |= {suite: [table(suite)] for suite in ("parser", "uppercase", "rates", "start")}
        return result(legs=legs, tables=tables)

    def test_a_whole_result_is_a_whole_page(self):
        self.assertEqual(page.missing(page.merge([self.whole()])), [])
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "page.md"
            page.write(path, [self.whole()])
            self.assertEqual(page.absent(path.read_text()), [])

    def test_results_survive_json(self):
        again = json.loads(json.dumps(self.whole()))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "page.md"
            self.assertEqual(page.text([again], path), page.text([self.whole()], path))

    def test_several_results(self):
        old, new = result(legs=[leg("letterbox", 1), leg("letterbox", 1, CELL | {"body": 1})]), result("20260203-040506")
        new["legs"], new["tables"] = [leg("epoll", 1)], {"rates": [{"title": "t", "text": "", "columns": [], "rows": []}]}
        merged = page.merge([old, new])
        self.assertEqual([(leg["candidate"], leg["run"]) for leg in merged["legs"]], [("letterbox", 1), ("epoll", 2)])
        self.assertEqual(merged["tables"]["rates"][0]["run"], 2)
        text = page.text([old, new], Path("nowhere"))
        self.assertIn("1. 2026-01-02, A processor", text)
        self.assertIn("2. 2026-02-03, A processor", text)
        self.assertIn("Not measured: dns, doh", text)

    def test_what_was_left_out_once_and_measured_later(self):
        old, new = self.whole(), self.whole()
        old["left_out"] = {"start": "it failed", "go": "not installed", "node": "not installed"}
        self.assertEqual(page.merge([old, new])["left_out"], {"node": "not installed"})

    def test_other_scripts_blocks_stay(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "page.md"
            path.write_text("x\n<!-- soak: begin -->\n| an hour |\n\n![plot](soak.svg)\n<!-- soak: end -->\ny\n")
            page.write(path, [self.whole()])
            self.assertIn("<!-- soak: begin -->\n| an hour |\n\n![plot](soak.svg)\n<!-- soak: end -->\n", path.read_text())

    def test_a_page_is_not_written_that_would_lose_a_part(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "page.md"
            part = self.whole() | {"legs": []}
            self.assertEqual(page.lost(path, [part]), [])
            page.write(path, [self.whole()])
            self.assertEqual(page.lost(path, [self.whole()]), [])
            self.assertIn("### Gateways", page.lost(path, [part]))

    def test_the_page_of_this_repository_is_whole(self):
        self.assertEqual(page.absent((ROOT / "docs/performance.md").read_text()), [])


class TargetTests(unittest.TestCase):
    def test_ratio_of_pairs(self):
        target = next(target for target in targets.TARGETS if target.name == "throughput beside bare C with the ring")
        found = target.find(result(legs=[leg("letterbox", 1, per_second=97), leg("epoll", 1)]))
        self.assertAlmostEqual(found, 0.97)
        self.assertTrue(target.is_reached(found))
        self.assertFalse(target.is_reached(0.96))
        self.assertIsNone(target.find(result()))

    def test_at_most(self):
        target = next(target for target in targets.TARGETS if target.name == "system calls a request")
        self.assertTrue(target.is_reached(4.0014))
        self.assertFalse(target.is_reached(4.01))

    def test_growth(self):
        flat = next(target for target in targets.TARGETS if "services grow" in target.name)
        tables = [{}, {}, {"ratios": {"1": 1.0, "64": 1.16}}]
        self.assertAlmostEqual(flat.find(result(tables={"growth": tables})), 1.16)

    def test_what_was_not_measured_has_a_row(self):
        self.assertEqual(len(list(targets.rows(result()))), len(targets.TARGETS))
        self.assertIn("not measured", next(iter(targets.rows(result()))))


class PlanTests(unittest.TestCase):
    def test_every_cell_of_a_target_is_in_the_sweep(self):
        cells = measure.sweep(options(suites=list(measure.SWEEP), modes=["keep-alive", "close", "pipeline16", "half-load"]))
        for cell in measure.TARGET_CELLS:
            self.assertIn(cell, cells)

    def test_peers_are_measured_where_targets_are(self):
        full = options(full=True)
        self.assertEqual(len(measure.rounds(Cell(**CELL), "node", full)), 3)
        self.assertEqual(len(measure.rounds(Cell(**CELL), "letterbox", full)), 9)
        self.assertEqual(len(measure.rounds(Cell(**CELL | {"connections": 16}), "node", full)), 0)
        self.assertEqual(len(measure.rounds(Cell(**CELL | {"connections": 16}), "epoll-hot", full)), 3)


def run():
    """Runs them all; the exit status."""
    output = io.StringIO()
    suite = unittest.defaultTestLoader.loadTestsFromNames(["tests", "tests_of_scripts", "tests_of_verdicts"])
    with contextlib.redirect_stdout(output):
        outcome = unittest.TextTestRunner(verbosity=1).run(suite)
    return 0 if outcome.wasSuccessful() else 1
