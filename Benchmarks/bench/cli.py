"""The command line of scripts/bench."""

import argparse
import json
import os
import shlex
import shutil
import sys
import time
from pathlib import Path

import build
import candidates
import check
import growth
import kernels
import loads
import measure
import page
import rates
import report
import start
from paths import LETTERBOX, RESULTS
from processes import raise_descriptor_limit
from turns import Clock

SUITES = list(page.SUITES)
# The share of the time of --minutes that is left for repeats.
FOR_REPEATS = 0.08


def words(allowed):
    """A comma-separated list of some of `allowed`."""

    def parse(text):
        chosen = text.split(",")
        for word in chosen:
            if word not in allowed:
                raise argparse.ArgumentTypeError(f"'{word}' is none of {', '.join(allowed)}")
        return chosen

    return parse


def numbers(least, most):
    """A comma-separated list of whole numbers within bounds."""

    def parse(text):
        values = [int(word) for word in text.split(",")]
        if any(not least <= value <= most for value in values):
            raise argparse.ArgumentTypeError(f"each must be from {least} to {most}")
        return values

    return parse


def within(kind, least, most):
    """One number within bounds, so that no run is endless."""

    def parse(text):
        value = kind(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be from {least} to {most}")
        return value

    return parse


def parse_arguments(arguments):
    everyone = list(candidates.DESCRIPTIONS)
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures Letterbox beside its peers.")
    add = parser.add_argument
    add("--suite", type=words(SUITES), help=f"some of {','.join(SUITES)} (default gateway)")
    add("--candidates", type=words(everyone), help=f"some of {','.join(everyone)} (default: all of the suite)")
    add("--connections", type=numbers(1, 10000), help="default 1,16,64,256,1024; with --quick 64")
    add("--bodies", type=numbers(0, 65507), help="bytes, default 1,50,1400,16000; with --quick 50")
    add("--mode", type=words(loads.MODES), help=f"some of {','.join(loads.MODES)} (default keep-alive)")
    add("--rounds", type=within(int, 1, 50), help="default 5; with --quick 3")
    add("--seconds", type=within(int, 1, 60), help="of each leg, default 4; with --quick 2")
    add("--repeats", type=within(int, 0, 5),
        help="a row whose rounds are spread by more than 30 %% is measured again, up to so many times its rounds "
             "(default 2; with --quick 0)")
    add("--warmup", type=within(float, 0.1, 10), default=1.0, help="seconds of load before each leg (default 1)")
    add("--full", action="store_true", help="all suites; of connections, bodies and modes one varies at a time")
    add("--minutes", type=within(int, 5, 600),
        help="choose --seconds so that all takes so long, repeats included and builds not (with --full: 30)")
    add("--quick", action="store_true", help="one kind of work, short legs")
    add("--rate", type=within(int, 1, 1_000_000),
        help="requests/s of half-load (default: half of what the yardstick carries in keep-alive)")
    add("--load", choices=["wrk", "http_load"], default="wrk", help="closed-loop generator for keep-alive")
    add("--check-bodies", action="store_true", help="let wrk compare each body, at the price of its speed")
    add("--pin", action="store_true", help="give the measured program core 0 and everything else the other cores, as at half load anyway")
    add("--workers", type=within(int, 1, 256), default=1, help="of Letterbox, Go and Hummingbird (default 1)")
    add("--letterbox", type=Path, metavar="PATH", help="a built letterbox (default: build this repository's)")
    add("--no-build", action="store_true", help="measure what is built already")
    add("--check", action="store_true", help="only check that every gateway answers rightly")
    add("--report", type=Path, nargs="+", metavar="JSON",
        help="measure nothing, and show what these results have; where two have the same kind of work, the later one's")
    add("--write", type=Path, metavar="FILE", help="also write the page, e.g. docs/performance.md")
    add("--self-test", action="store_true", help="only test this script")
    options = parser.parse_args(arguments)
    options.suites = options.suite or (SUITES if options.full else ["gateway"])
    options.connections = options.connections or ([64] if options.quick else [1, 16, 64, 256, 1024])
    options.bodies = options.bodies or ([50] if options.quick else [1, 50, 1400, 16000])
    options.modes = options.mode or (loads.MODES if options.full else ["keep-alive"])
    options.rounds = options.rounds or (3 if options.quick or options.full else 5)
    if options.repeats is None:
        options.repeats = 0 if options.quick else 2
    if options.full and not (options.minutes or options.seconds):
        options.minutes = 30
    options.names = lambda suite: [
        name for name in (options.candidates or candidates.DEFAULTS.get(suite, []))
        if name in candidates.DEFAULTS.get(suite, [])]
    if not options.minutes:
        options.seconds = options.seconds or (2 if options.quick else 4)
    options.gateway_cpus, options.other_cpus = measure.cpu_sets(options.pin)
    return options


def prepare(options):
    """Builds what the run needs."""
    names = dict.fromkeys(name for suite in options.suites for name in options.names(suite))
    options.problems = {}
    if not options.no_build:
        if set(options.suites) & {"growth", "rates", "start"}:
            names["letterbox"] = None
        wanted = [name for name in names if not (name in candidates.LETTERBOXES and options.letterbox)]
        options.problems = build.build(wanted)
        # An older binary must not take its place.
        if problem := next((why for name, why in options.problems.items() if name in candidates.LETTERBOXES), None):
            raise SystemExit(f"bench: letterbox does not build:\n{problem}")
        if set(options.suites) & set(kernels.TITLES) and (problem := kernels.build()):
            raise SystemExit(f"bench: kernels do not build:\n{problem}")
    options.letterbox = (options.letterbox or LETTERBOX).resolve()


def fit(options, bench):
    """Chooses the seconds of a leg by the minutes there are, and says how long it will take."""
    cells = measure.plan(options)

    def needed(seconds):
        options.seconds = seconds
        return bench.seconds(cells) + sum(seconds_of(suite, options) for suite in options.suites if suite in TABLES)

    if options.minutes:
        there = options.minutes * 60 * (1 - FOR_REPEATS * bool(options.repeats))
        fitting = [seconds for seconds in range(1, 11) if needed(seconds) <= there]
        options.seconds = max(fitting, default=1)
    total = needed(options.seconds)
    options.clock = Clock(max(options.minutes, total / 60) if options.minutes else None)
    options.clock.owed = total
    words = f"legs of {options.seconds:g} s: {total / 60:.0f} minutes"
    if options.repeats and options.minutes:
        words += f", and repeats until {options.clock.end / 60 - options.clock.begin / 60:.0f} are over"
    elif options.repeats:
        words += f", or up to {1 + options.repeats} times as long where the machine is so unsteady that rows have to be repeated"
    print(words, flush=True)


# The suites that are not candidates under load: each makes its tables.
TABLES = {
    **{suite: lambda options, suite=suite: [kernels.measure(suite, options)] for suite in kernels.TITLES},
    "growth": growth.measure,
    "rates": lambda options: [rates.measure(options)],
    "start": lambda options: [start.measure(options)],
}


def extra_tables(options, result):
    """Adds their tables to the result; what fails costs no more than itself."""
    for suite in [suite for suite in options.suites if suite in TABLES]:
        before = options.clock.owed
        try:
            result["tables"][suite] = TABLES[suite](options)
        except Exception as problem:
            result["left_out"][suite] = f"{type(problem).__name__}: {problem}"
            print(f"{suite} failed: {result['left_out'][suite]}", flush=True)
        options.clock.owed = before - seconds_of(suite, options)


def seconds_of(suite, options):
    """How long such a suite takes, without repeats."""
    if suite in kernels.TITLES:
        return kernels.seconds(options)
    return {"growth": growth.seconds, "rates": rates.seconds, "start": lambda _: start.SECONDS}[suite](options)


def has_failed(result):
    """Whether a run has measured nothing, or has a leg or a whole table that says nothing."""
    is_empty = not result["legs"] and not result["tables"]
    return is_empty or any(suite in result["left_out"] for suite in TABLES) or any(map(report.is_bad, report.all_legs(result)))


def show_leg(cell, leg):
    figures = "{per_second:10,.0f}/s  {cpu_us:6.2f} us CPU"
    what = leg.get("problem") or f"{figures.format(**leg)}  errors: {report.errors([leg])}"
    print(f"{cell.title}, round {leg['round']}: {leg['candidate']:15} {what}", flush=True)


def without_wrk(options):
    """Leaves out what only wrk can do, and says so."""
    if shutil.which("wrk"):
        return
    lost = [mode for mode in options.modes if mode in ("close", "pipeline16")]
    print("wrk is not installed: http_load takes its place" + (f", without {' and '.join(lost)}" if lost else ""))
    options.load = "http_load"
    options.modes = [mode for mode in options.modes if mode not in lost]


def measure_all(options, arguments):
    """Measures, and keeps what there is when interrupted; returns the exit status."""
    without_wrk(options)
    bench = measure.Bench(options)
    for name, why in bench.left_out.items():
        print(f"left out: {name}: {why}", flush=True)
    fit(options, bench)
    result = {
        "command": shlex.join(["scripts/bench", *arguments]), "started": time.strftime("%Y%m%d-%H%M%S"),
        "machine": report.machine(), "load at the start": os.getloadavg()[0], "letterbox": report.revision() if options.letterbox == LETTERBOX.resolve() else f"at {options.letterbox}",
        "rounds": options.rounds, "seconds": options.seconds, "repeats": options.repeats, "workers": options.workers,
        "left_out": bench.left_out, "interrupted": False, "tables": {},
    }
    cells = measure.plan(options)
    try:
        bench.run(cells, show_leg)
        bench.repeat(cells, show_leg)
        extra_tables(options, result)
    except KeyboardInterrupt:
        print("\nbench: interrupted", file=sys.stderr)
        result["interrupted"] = True
    result |= {
        "minutes": round(options.clock.minutes(), 1), "rates": {cell.title: rate for cell, rate in bench.rates.items()},
        "repeated": report.repeated(bench.legs), "legs": bench.legs,
    }
    path = RESULTS / f"{result['started']}.json"
    report.write_json(path, result)
    print(report.plain(bench.legs, result["tables"]))
    print(f"\nThat took {result['minutes']:g} minutes; it is in {path}")
    if result["interrupted"]:
        return 130
    if options.write and not write(options.write, [result]):
        return 1
    return 1 if has_failed(result) else 0


def write(path, results):
    """Writes the page, unless it would lose a part that it has; whether it did."""
    if lost := page.lost(path, results):
        print(f"bench: {path} was not written, for it would lose {', '.join(lost)}: give --report all results, or another file",
              file=sys.stderr)
        return False
    page.write(path, results)
    return True


def report_again(options):
    """Shows results that were measured before, and writes the page; the exit status."""
    results = [json.loads(path.read_text()) for path in options.report]
    merged = page.merge(results)
    print(report.plain(merged["legs"], merged["tables"]))
    if options.write and not write(options.write, results):
        return 1
    if missing := page.missing(merged):
        print(f"\nNot measured in these: {', '.join(missing)}")
    return 0


def main(arguments=None):
    arguments = sys.argv[1:] if arguments is None else arguments
    options = parse_arguments(arguments)
    if options.self_test:
        import tests  # noqa: PLC0415: a measuring run does not need them
        return tests.run()
    if options.report:
        return report_again(options)
    raise_descriptor_limit()
    try:
        prepare(options)
        if not options.check:
            return measure_all(options, arguments)
        commands = candidates.commands(options.letterbox, options.workers)
        return 0 if check.check_all(options.names("gateway"), commands, options.problems) else 1
    except KeyboardInterrupt:
        print("\nbench: interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
