"""What Letterbox set out to reach, beside what was measured in this run."""

from statistics import median

BASE = {"mode": "keep-alive", "connections": 64, "body": 50}
# suite, what differs from the base, the figure, the other candidate, its bound, and what it is called.
TARGETS = [
    ("gateway", {}, "per_second", "epoll", ">=", 0.97, "throughput beside bare C with the ring"),
    ("gateway", {}, "per_second", "epoll-hot", ">=", 0.95, "throughput beside bare C with a hot stack"),
    ("gateway", {}, "cpu_us", "epoll", "<=", 1.10, "CPU per request beside bare C"),
    ("gateway", {"mode": "half-load"}, "p99_us", "epoll", "<=", 1.20, "p99 at half load beside bare C"),
    ("gateway", {}, "per_second", "node", ">=", 1.60, "throughput beside Node"),
    ("gateway", {}, "per_second", "go", ">=", 1.60, "throughput beside Go"),
    ("gateway", {}, "per_second", "hummingbird", ">=", 2.10, "throughput beside Hummingbird"),
    ("dns", {"body": None}, "per_second", "dnsdist", ">=", 1.25, "throughput of DNS over HTTP/1.1 beside dnsdist"),
    ("udp", {"mode": "closed loop"}, "per_second", "c-server", ">=", 0.97, "UDP server beside bare C"),
]


def ratio(result, suite, differs, figure, other):
    """The median over the rounds of Letterbox's figure divided by the other's; None where one is not there."""
    wanted = {key: value for key, value in {"suite": suite, **BASE, **differs}.items() if value is not None}
    by_round = {}
    for leg in result["legs"]:
        if wanted.items() <= leg["cell"].items() and leg.get(figure):
            by_round.setdefault(leg["round"], {})[leg["candidate"]] = leg[figure]
    own = "letterbox-dns" if suite == "dns" else "letterbox"
    ratios = [legs[own] / legs[other] for legs in by_round.values() if {own, other} <= legs.keys()]
    return median(ratios) if ratios else None


def lines(result):
    """A table of those targets whose candidates were measured."""
    rows = []
    for suite, differs, figure, other, sign, bound, name in TARGETS:
        found = ratio(result, suite, differs, figure, other)
        if found is None:
            continue
        reached = found >= bound if sign == ">=" else found <= bound
        mark = "at least" if sign == ">=" else "at most"
        rows.append(f"| {name} | {mark} {bound:.2f} | {found:.2f} | {'yes' if reached else '**no**'} |")
    if not rows:
        return []
    return ["", "## Targets", "", "Ratios at 64 connections and bodies of 50 bytes, one worker each.", "",
            "| what | target | measured | reached |", "|---|--:|--:|---|", *rows]
