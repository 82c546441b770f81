"""What Letterbox set out to reach, beside what was measured."""

import json
from dataclasses import dataclass

from paths import BENCHMARKS
from turns import paired

BUDGET = BENCHMARKS / "budget.json"
BASE = {"mode": "keep-alive", "connections": 64, "body": 50}
UDP = {"mode": "closed loop"}
HALF = {"mode": "half-load"}
CLOSE = {"mode": "close"}
MANY = {"connections": 1024}


@dataclass(frozen=True)
class Target:
    """A bound for a figure, and how the figure is found in what was measured."""

    name: str
    sign: str  # at least, at most
    bound: float
    find: object  # takes the result; the figure, or None
    digits: int = 2

    def is_reached(self, found):
        found = round(found, self.digits)
        return found >= self.bound if self.sign == "at least" else found <= self.bound


def beside(name, sign, bound, figure, other, suite="gateway", own="letterbox", **differs):
    """A target for the ratio of Letterbox's figure to that of another candidate, in the rounds of one kind of work."""
    wanted = {key: value for key, value in {"suite": suite, **BASE, **differs}.items() if value is not None}

    def find(result):
        legs = [leg for leg in result["legs"] if wanted.items() <= leg["cell"].items() and "problem" not in leg]
        ours, theirs = ([leg for leg in legs if leg["candidate"] == who] for who in (own, other))
        return paired(ours, theirs, figure)

    return Target(name, sign, bound, find)


def from_table(name, sign, bound, suite, number, find, digits=2):
    """A target for something in what a suite keeps beside one of its tables."""
    def look(result):
        tables = result["tables"].get(suite)
        try:
            return find(tables[number]) if tables else None
        except (KeyError, IndexError, TypeError, ValueError):
            return None  # not measured, or by an older version of these scripts

    return Target(name, sign, bound, look, digits)


def most(ratios):
    return max(ratio for ratio in ratios.values() if ratio is not None)


def flat(what, number):
    return from_table(f"CPU per request as {what} grow, beside the first", "at most", 1.15, "growth", number,
                      lambda table: most(table["ratios"]))


def kernel(work):
    """A target for the ratio of two candidates' times for one work."""
    def find(numerator, denominator):
        def ratio(table):
            times = {row["candidate"]: sorted(row["ns"])[len(row["ns"]) // 2] for row in table["raw"] if row["work"].startswith(work)}
            return times[numerator] / times[denominator]
        return ratio

    return find


def counted(name, bound, key, digits):
    """A target for what is counted and not timed, and so is the same on any machine."""
    return Target(name, "at most", bound, lambda _: json.loads(BUDGET.read_text())["per request"].get(key), digits)


TARGETS = [
    beside("throughput beside bare C with the ring", "at least", 0.97, "per_second", "epoll"),
    beside("CPU per request beside bare C", "at most", 1.10, "cpu_us", "epoll"),
    beside("throughput at 1,024 connections beside bare C", "at least", 0.92, "per_second", "epoll", **MANY),
    beside("CPU at 1,024 connections beside bare C", "at most", 1.15, "cpu_us", "epoll", **MANY),
    beside("p99 at half load beside bare C", "at most", 1.15, "p99_us", "epoll", **HALF),
    beside("CPU at half load beside bare C", "at most", 1.12, "cpu_us", "epoll", **HALF),
    beside("throughput with a connection for each request beside bare C", "at least", 0.95, "per_second", "epoll", **CLOSE),
    beside("CPU with a connection for each request beside bare C", "at most", 1.15, "cpu_us", "epoll", **CLOSE),
    beside("throughput pipelined by 16 beside bare C", "at least", 1.0, "per_second", "epoll", mode="pipeline16"),
    beside("throughput beside bare C with a hot stack", "at least", 0.95, "per_second", "epoll-hot"),
    beside("throughput beside Node", "at least", 1.60, "per_second", "node"),
    beside("throughput beside Go", "at least", 1.60, "per_second", "go"),
    beside("throughput beside Hummingbird", "at least", 2.10, "per_second", "hummingbird"),
    beside("throughput of DNS over HTTP/1.1 beside dnsdist", "at least", 1.25, "per_second", "dnsdist", suite="dns",
           own="letterbox-dns", body=None),
    beside("UDP server beside bare C, 50 bytes", "at least", 0.98, "per_second", "c-server", suite="udp", **UDP),
    beside("UDP server beside bare C, 1,400 bytes", "at least", 0.98, "per_second", "c-server", suite="udp", body=1400, **UDP),
    from_table("upper case of 50 ASCII bytes, time beside a C loop", "at most", 2.0, "uppercase", 0,
               kernel("ASCII, 50 bytes")("letterbox", "C loop")),
    *(from_table(f"upper case of {language}, speed beside `String.uppercased()`", "at least", 3.0, "uppercase", 0,
                 kernel(language)("String.uppercased()", "letterbox")) for language in ("Greek", "Japanese")),
    from_table("CPU per request with 10,000 connections beside bare C", "at most", 1.25, "growth", 0,
               lambda table: table["bare ratios"].get(10000, table["bare ratios"].get("10000"))),
    from_table("CPU per request as connections grow, beside 64", "at most", 1.15, "growth", 0,
               lambda table: most(table["ratios"])),
    flat("backends", 1),
    flat("services", 2),
    flat("UDP sockets", 3),
    from_table("start to ready, ms", "at most", 15, "start", 0, lambda table: table["raw"]["start_ms"], 1),
    from_table("start to ready with 64 services, ms", "at most", 15, "start", 0,
               lambda table: table["raw"]["start_ms_of_many"], 1),
    from_table("an idle connection, bytes resident", "at most", 800, "start", 0, lambda table: table["raw"]["idle_bytes"], 0),
    counted("instructions a request, user space", 3000, "instructions", 0),
    counted("heap allocations a request", 0, "heap allocations", 2),
    counted("system calls a request", 4, "system calls", 2),
]


def rows(result):
    """A row for each target, also for one that was not measured."""
    for target in TARGETS:
        found = target.find(result)
        bound = f"{target.sign} {target.bound:,.{target.digits}f}"
        if found is None:
            yield [target.name, bound, "-", "not measured"]
        else:
            yield [target.name, bound, f"{found:,.{target.digits}f}", "yes" if target.is_reached(found) else "**no**"]
