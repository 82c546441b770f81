"""The command line of scripts/bench."""

import argparse
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
import rates
import report
from paths import LETTERBOX, RESULTS
from processes import raise_descriptor_limit

SUITES = ["gateway", "dns", "doh", "udp", "parser", "uppercase", "growth", "rates", "start"]
# Beside the measured seconds a leg has its warm-up, two starts and two ends; what is not a leg takes so many minutes.
LEG_OVERHEAD, FIXED_MINUTES = 0.7, 1.0


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
    add("--seconds", type=within(float, 1, 60), help="of each leg, default 4; with --quick 2")
    add("--warmup", type=within(float, 0.1, 10), default=1.0, help="seconds of load before each leg (default 1)")
    add("--full", action="store_true", help="all suites; of connections, bodies and modes one varies at a time")
    add("--minutes", type=within(int, 5, 600), help="choose --seconds so that all takes about so long (with --full: 25)")
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
    add("--write", type=Path, metavar="FILE", help="also write the tables as Markdown, e.g. docs/performance.md")
    options = parser.parse_args(arguments)
    options.suites = options.suite or (SUITES if options.full else ["gateway"])
    options.connections = options.connections or ([64] if options.quick else [1, 16, 64, 256, 1024])
    options.bodies = options.bodies or ([50] if options.quick else [1, 50, 1400, 16000])
    options.modes = options.mode or (loads.MODES if options.full else ["keep-alive"])
    options.rounds = options.rounds or (3 if options.quick or options.full else 5)
    if options.full and not (options.minutes or options.seconds):
        options.minutes = 25
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
        if set(options.suites) & set(kernels.TITLES) and (problem := kernels.build()):
            raise SystemExit(f"bench: kernels do not build:\n{problem}")
    options.letterbox = (options.letterbox or LETTERBOX).resolve()


def fit(options, bench):
    """Chooses the seconds of a leg by the minutes there are, and says how long it will take."""
    cells = measure.plan(options)
    legs = sum(len(measure.rounds(cell, name, options)) for cell in cells for name in bench.names(cell.suite))
    for suite, module in (("growth", growth), ("rates", rates)):
        legs += (suite in options.suites) * module.LEGS * options.rounds
    if options.minutes:
        spare = (options.minutes - FIXED_MINUTES) * 60 / max(1, legs) - options.warmup - LEG_OVERHEAD
        options.seconds = float(min(10, max(1, round(spare))))
    minutes = legs * (options.seconds + options.warmup + LEG_OVERHEAD) / 60 + FIXED_MINUTES
    print(f"{legs} legs of {options.seconds:g} s: about {minutes:.0f} minutes", flush=True)


def extra_tables(options):
    """The suites that are not candidates under load."""
    for suite in options.suites:
        if suite in kernels.TITLES:
            yield suite, [kernels.measure(suite, options)]
        elif suite == "growth":
            yield suite, growth.measure(options)
        elif suite == "rates":
            yield suite, [rates.measure(options)]
        elif suite == "start":
            yield suite, [growth.measure_start(options)]


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
    started = time.strftime("%Y%m%d-%H%M%S")
    interrupted, tables = False, {}
    try:
        for suite, made in extra_tables(options):
            tables[suite] = made
        bench.run(measure.plan(options), show_leg)
    except KeyboardInterrupt:
        print("\nbench: interrupted", file=sys.stderr)
        interrupted = True
    result = {
        "command": shlex.join(["scripts/bench", *arguments]), "started": started, "machine": report.machine(),
        "full": options.full, "rounds": options.rounds, "seconds": options.seconds, "left_out": bench.left_out, "interrupted": interrupted,
        "rates": {cell.title: rate for cell, rate in bench.rates.items()}, "legs": bench.legs,
        "tables": tables,
    }
    report.write_json(RESULTS / f"{started}.json", result)
    print(report.plain(bench.legs, tables))
    if interrupted:
        return 130
    if options.write:
        report.write_markdown(options.write, result)
    return 0 if all("problem" not in leg for leg in bench.legs) else 1


def main(arguments=None):
    arguments = sys.argv[1:] if arguments is None else arguments
    options = parse_arguments(arguments)
    raise_descriptor_limit()
    try:
        prepare(options)
        if not options.check:
            return measure_all(options, arguments)
        commands = candidates.commands(options.letterbox, options.workers)
        return 0 if check.check_all(options.names("gateway"), commands) else 1
    except KeyboardInterrupt:
        print("\nbench: interrupted", file=sys.stderr)
        return 130
