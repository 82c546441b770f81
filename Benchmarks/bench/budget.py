"""What a request may cost, counted and not timed, so that the answer is the same on a busy machine.

Builds the release binary, lets the gateway answer a fixed script of requests on 64 keep-alive connections, and counts for
each request: instructions in user space, heap allocations, retains and releases (valgrind's callgrind), and system calls
(strace). Instructions are counted once more with a single connection, where every request needs two turns of the loop for itself, with
heads of which none is like the one before, to a service at a path of its own, and with a connection for each request. A shorter run is subtracted from a longer one, so that the start of the program does not count. What comes out is
compared with Benchmarks/budget.json.

Exit status: 0 within the budget; 1 over it, or letterbox does not build or answer, or the count itself has a fault; 2 could
not measure.
"""

import argparse
import collections
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import build
import candidates
from loads import LoadFailed, run
from paths import BENCHMARKS, BIN, LETTERBOX, ROOT, SCRATCH
from processes import Child, NotReady, accepts_tcp, free_port
from report import first_line

BUDGET = BENCHMARKS / "budget.json"
OUTPUT = SCRATCH / "budget"
WARMUP, REQUESTS = 2_000, 10_000
# With 64 connections what a turn of the loop costs is shared by many requests, so that it hardly matters how many events
# each turn happens to find.
CONNECTIONS = 64
# All three programs share one processor: whenever the gateway has sent something, the others, which have used so much
# less of it, go first and answer. So the turns find the same events however busy the machine is, and five runs differ by
# half a per cent and not by six.
ONE_CPU = {max(os.sched_getaffinity(0))}
# What disturbs a run all the same only adds to it, such as deadlines that pass when the machine stands still for seconds: the
# least of several runs counts before anybody is blamed.
MOST_RUNS = 3
# A short rest, so that the ring is full at the end of the warm-up and no socket is opened after it, at whatever speed.
GATEWAY = ["gateway", "--workers", 1, "--rest", "1ms"]

# The same service has a path of its own, too, where a repeated head must not need another search for it.
OTHER_PATH = "/service"

# Whose instructions are counted, too: the connections, and more arguments of the load generator.
OTHER_RUNS = {
    "with one connection": (1,),
    "with varied heads": (CONNECTIONS, "--varied-heads"),
    "to a service at a path": (CONNECTIONS, "--path", OTHER_PATH),
    "with a connection each": (CONNECTIONS, "--close"),
}

ALLOCATING = re.compile(r"(malloc|calloc|realloc|memalign|posix_memalign|aligned_alloc)(@|$)")
COUNTING = re.compile(r"swift_(retain|release)(_n)?$")

SLACK = 0.03
# Beyond 3 %: what is about nothing cannot be held to a share of it, and how many events a wait finds is up to chance.
LEAST_SLACK = {"heap allocations": 0.02, "system calls": 0.05, "waits for events": 0.25}
ADVICE = """Where the instructions and the calls are: callgrind_annotate {profile} | head -80
Where the time is:                         perf record -g {binary} gateway ...; perf report
If it is worth its price:                  scripts/budget --write"""


class CannotMeasure(Exception):
    """A tool that is missing, or a run that failed."""


class Broken(Exception):
    """A program that does not build, start or answer."""


class Miscounted(Exception):
    """A count that cannot be right, or that is compared with nothing."""


def observe(tool, binary, count, connections=CONNECTIONS, *more):
    """Has `count` requests answered by a gateway that runs under `tool`, and ends it."""
    port = free_port()
    with candidates.start_upstream("gateway", ONE_CPU) as upstream:
        address = f"127.0.0.1:{upstream.port}"
        services = ["--upstream", address, "--service", f"{OTHER_PATH} {address}"]
        command = [*tool, binary, *GATEWAY, "--port", port, *services]
        with Child("budget", command, port, ONE_CPU).wait_ready(accepts_tcp, 60) as gateway:
            load = [BIN / "http_load", "--target", f"127.0.0.1:{port}", "--connections", connections, *more]
            result = run([*load, "--count", count, "--seconds", 60, "--warmup", 0], 60, ONE_CPU)
            gateway.process.terminate()
            gateway.process.wait(60)
    if result["answered"] != count or result["non_200"] or result["wrong"] or result["failed"]:
        raise CannotMeasure(f"not every request was answered: {result}")


def answer(binary):
    """Has requests of every kind answered without a tool: what fails here is not the tool's fault."""
    for how in [(), *OTHER_RUNS.values()]:
        try:
            observe([], binary, 200, *how)
        except (CannotMeasure, LoadFailed, NotReady, subprocess.TimeoutExpired) as problem:
            raise Broken(problem) from None


def read_callgrind(path):
    """Instructions in all, and how often each function was called (valgrind manual, "Callgrind Format")."""
    names, calls, callee = {}, collections.Counter(), None
    instructions = 0
    with open(path, errors="replace") as file:
        for line in file:
            if name := re.match(r"(c?)fn=\((\d+)\)(?: (.*))?$", line):
                if name[3]:  # a name stands beside its number once, and is the number from then on
                    names[name[2]] = re.sub(r"'\d+$", "", name[3])
                if name[1]:
                    callee = name[2]
            elif line.startswith("calls="):
                calls[names[callee]] += int(line[6:].split()[0])
            elif line.startswith("totals:"):
                instructions = int(line.split()[1])
    if instructions == 0:
        raise Miscounted(f"{path} has no instructions in all")
    return instructions, calls


def profile(binary, requests, connections=CONNECTIONS, *more):
    """A whole run as callgrind sees it: instructions in all, and how often each function was called.

    Valgrind shows the program a processor of its own making, with AVX2 where the machine has it and nothing newer; so the
    variants of memcpy that glibc picks by processor are the same on all machines of the last ten years.
    """
    variant = "".join(more).replace("/", ".") + ("" if connections == CONNECTIONS else f".{connections}")
    path = OUTPUT / f"callgrind.{requests}{variant}"
    observe(["valgrind", "--tool=callgrind", f"--callgrind-out-file={path}"], binary, requests, connections, *more)
    return read_callgrind(path)


def count_instructions(binary, requests):
    """The costs of a whole run that callgrind sees."""
    instructions, calls = profile(binary, requests)
    costs = {
        "heap allocations": sum(count for name, count in calls.items() if ALLOCATING.match(name)),
        "retains and releases": sum(count for name, count in calls.items() if COUNTING.match(name)),
    }
    # A request may need none, but the start of the program does: a count of 0 is one of other functions.
    if missing := [name for name, count in costs.items() if count == 0]:
        raise Miscounted(f"{binary} has no {' and no '.join(missing)} by the names that are looked for")
    return {"instructions": instructions, **costs}


def count_instructions_of_others(binary, requests):
    return {name: profile(binary, requests, *how)[0] for name, how in OTHER_RUNS.items()}


def count_system_calls(binary, requests):
    """The costs of a whole run that strace sees."""
    summary = OUTPUT / f"strace.{requests}"
    summary.unlink(missing_ok=True)
    # -D: the gateway is our child and strace its own, so that the end of one is the end of both.
    observe(["strace", "-D", "-f", "-c", "-o", summary], binary, requests)
    give_up = time.monotonic() + 10
    while not (summary.exists() and summary.read_text().endswith("total\n")):
        if time.monotonic() > give_up:
            raise CannotMeasure("strace wrote no summary")
        time.sleep(0.01)
    calls = collections.Counter()
    for line in summary.read_text().splitlines():
        fields = line.split()
        if len(fields) >= 5 and fields[3].isdigit() and fields[-1] != "total":
            calls[fields[-1]] += int(fields[3])
    waits = calls.pop("epoll_wait", 0) + calls.pop("epoll_pwait", 0)
    return {"system calls": calls.total(), "waits for events": waits}


def cannot_run(*command):
    """Why a tool does not work here, or None; tracing, for one, is forbidden in some containers."""
    if shutil.which(command[0]) is None:
        return f"{command[0]} is not installed"
    done = subprocess.run(command, capture_output=True, text=True)
    return None if done.returncode == 0 else f"{command[0]} does not work: {done.stderr.strip()[-200:]}"


def counters():
    """The ways of counting that work here."""
    if why := cannot_run("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "true"):
        raise CannotMeasure(why)
    counting = [count_instructions, count_instructions_of_others]
    if why := cannot_run("strace", "-D", "-c", "-o", "/dev/null", "true"):
        print(f"scripts/budget: system calls were skipped, since {why}")
        return counting
    return [*counting, count_system_calls]


def measure(binary):
    """What one request costs: the difference of a short run and a long one, each the least so far, again and again."""
    counting = counters()
    before, after = {}, {}
    for _ in range(MOST_RUNS):
        for least, requests in (before, WARMUP), (after, WARMUP + REQUESTS):
            for count in counting:
                for name, cost in count(binary, requests).items():
                    least[name] = min(cost, least.get(name, cost))
        yield {name: round(max(0, after[name] - before[name]) / REQUESTS, 4) for name in after}


def allowance(name, budget):
    return max(budget * SLACK, LEAST_SLACK.get(name, 0))


def judge(name, cost, allowed):
    """One of over, under and within."""
    slack = allowance(name, allowed)
    return "over" if cost > allowed + slack else "under" if cost < allowed - slack else "within"


def show(costs, budget):
    for name in [name for name in costs if name in budget]:
        cost, allowed = costs[name], budget[name]
        share = f" ({(cost / allowed - 1) * 100:+.1f} %)" if allowed >= 1 else ""
        words = {"over": f"OVER by {cost - allowed:,.2f}{share}", "under": "far under", "within": "within"}
        print(f"{name:24}{cost:12,.2f}   budget {allowed:10,.2f} + {allowance(name, allowed):7,.2f}   "
              + words[judge(name, cost, allowed)])


def check(binary):
    """Compares with the budget in the repository; the exit status."""
    budget = json.loads(BUDGET.read_text())
    if budget["architecture"] != platform.machine():
        print(f"scripts/budget: the budget is for {budget['architecture']}; nothing is compared on {platform.machine()}")
        return 0
    allowed = budget["per request"]
    for costs in measure(binary):
        verdicts = {judge(name, cost, allowed[name]) for name, cost in costs.items() if name in allowed}
        if "over" not in verdicts:
            break
    show(costs, allowed)
    if "over" not in verdicts:
        if new := sorted(costs.keys() - allowed.keys()):
            raise Miscounted(f"no budget has {', '.join(new)}: scripts/budget --write")
        if lacking := sorted(allowed.keys() - costs.keys()):
            raise CannotMeasure(f"not measured: {', '.join(lacking)}")
        if "under" in verdicts:
            print("The budget can be tightened: scripts/budget --write")
        return 0
    if (here := first_line("swift", "--version")) != budget["written with"]:
        print(f"The budget was written with {budget['written with']}; this is {here}.")
    print(ADVICE.format(profile=(OUTPUT / f"callgrind.{WARMUP + REQUESTS}").relative_to(ROOT), binary=binary))
    return 1


def write(binary):
    """Makes what a request costs now what it may cost; the exit status."""
    for costs in measure(binary):
        print(costs, flush=True)
    if lost := sorted(json.loads(BUDGET.read_text())["per request"].keys() - costs.keys()):
        raise CannotMeasure(f"not measured, so that the budget would lose it: {', '.join(lost)}")
    budget = {"architecture": platform.machine(), "written with": first_line("swift", "--version"), "per request": costs}
    BUDGET.write_text(json.dumps(budget, indent=2) + "\n")
    return 0


def main():
    parser = argparse.ArgumentParser(
        prog="scripts/budget", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letterbox", type=Path, metavar="PATH", help="a built letterbox (default: build this one)")
    parser.add_argument("--write", action="store_true", help="make what a request costs now the budget")
    options = parser.parse_args()
    try:
        OUTPUT.mkdir(parents=True, exist_ok=True)
        BIN.mkdir(parents=True, exist_ok=True)
        build.build_c()
        if not options.letterbox and (problem := build.build_letterbox()):
            raise Broken(f"letterbox does not build:\n{problem}")
        binary = (options.letterbox or LETTERBOX).resolve()
        answer(binary)
        return write(binary) if options.write else check(binary)
    except (Broken, Miscounted, CannotMeasure, LoadFailed, NotReady, subprocess.TimeoutExpired) as problem:
        print(f"scripts/budget: {problem}")
        return 1 if isinstance(problem, (Broken, Miscounted)) else 2


if __name__ == "__main__":
    sys.exit(main())
