"""Measures: for each cell, R rounds in which the candidates take turns, each leg in a fresh process."""

import itertools
import os
from dataclasses import asdict, dataclass, replace
from statistics import median

import candidates
import loads
from processes import NotReady, udp_drops
from turns import is_wide, leg_seconds


@dataclass(frozen=True)
class Cell:
    """One kind of work that all candidates of a suite are given."""

    suite: str  # gateway, dns, doh, udp
    mode: str  # keep-alive, close, pipeline16, half-load
    connections: int
    body: int

    @property
    def steadiness(self):
        """The figure by which rounds are compared: at a constant rate the rate says nothing."""
        return "cpu_us" if self.mode == "half-load" else "per_second"

    @property
    def title(self):
        if self.suite == "udp":
            return f"UDP server: {self.connections} outstanding, bodies of {self.body} bytes"
        if self.suite == "doh":
            return f"DNS over HTTP/2, {self.connections} connections with {loads.STREAMS} requests at a time"
        kind = "DNS over HTTP" if self.suite == "dns" else f"bodies of {self.body} bytes"
        place = " on a core of its own" if self.mode == "half-load" and (os.cpu_count() or 1) > 1 else ""
        return f"{kind}, {self.mode}{place}, {self.connections} connection{'s' if self.connections > 1 else ''}"


# What --full varies one at a time, from here: keep-alive, 64 connections, 50 bytes.
SWEEP = {
    "gateway": [("keep-alive", connections, 50) for connections in (64, 1, 16, 256, 1024)]
    + [("keep-alive", 64, body) for body in (1, 1400, 16000)]
    + [(mode, 64, 50) for mode in ("close", "pipeline16", "half-load")],
    "dns": [("keep-alive", 64, len(candidates.DNS_QUERY)), ("half-load", 64, len(candidates.DNS_QUERY))],
    "doh": [("closed loop", 64, len(candidates.DNS_QUERY))],
    "udp": [("closed loop", 64, 50), ("closed loop", 64, 1400)],
}


# Letterbox and the yardsticks differ by little where they are compared with the targets: so many times the rounds there.
STEADIER = 3
COMPARED = {"letterbox", "epoll", "c-server"}
TARGET_CELLS = [
    *(Cell("gateway", "keep-alive", connections, 50) for connections in (64, 1024)),
    *(Cell("gateway", mode, 64, 50) for mode in ("half-load", "close", "pipeline16")),
    *(Cell("udp", "closed loop", 64, body) for body in (50, 1400))]
# With --full only these are measured in every cell; a peer that is far from the targets is measured in the targets' cells.
CLOSE = {"letterbox", "epoll", "epoll-hot"}


def cpu_sets(pin):
    """Where the measured program may run, and where everything else; None for everywhere."""
    cores = os.cpu_count() or 1
    return ({0}, set(range(1, cores))) if pin and cores > 1 else (None, None)


def rounds(cell, name, options):
    """The numbers of the rounds in which a candidate takes its turn: who is far from the targets not in each of them."""
    if options.full and cell.suite == "gateway" and cell not in TARGET_CELLS and name not in CLOSE:
        return range(0)
    steadier = STEADIER if options.full and cell in TARGET_CELLS else 1
    return range(1, options.rounds * steadier + 1, 1 if name in COMPARED else steadier)


def sweep(options):
    """The cells of --full: one row and one column of the whole table, and each mode once."""
    return [Cell(suite, *kind) for suite in options.suites for kind in SWEEP.get(suite, [])
            if kind[0] in (*options.modes, "closed loop")]


def plan(options):
    """The cells to measure, in order."""
    if options.full:
        return sweep(options)
    cells = []
    for suite in [suite for suite in options.suites if suite in SWEEP]:
        modes = {"udp": ["closed loop"], "doh": ["closed loop"], "dns": [m for m in options.modes if m in ("keep-alive", "half-load")]}
        bodies = {suite: [len(candidates.DNS_QUERY)] for suite in candidates.WITH_DNS}
        product = itertools.product(
            modes.get(suite, options.modes), bodies.get(suite, options.bodies), options.connections)
        cells += [Cell(suite, mode, connections, body) for mode, body, connections in product]
    return cells


class Bench:
    """The candidates that are there, and one upstream at a time for them."""

    def __init__(self, options):
        self.options = options
        self.left_out = {}
        self.gateways = self.present("gateway", self.commands())
        self.servers = self.present("udp", candidates.server_commands(options.letterbox, options.workers))
        self.rates = {}
        self.legs = []

    def present(self, kind, commands):
        there = {}
        for name, (program, command) in commands.items():
            why = self.options.problems.get(name) or candidates.missing(program)
            if why is None:
                there[name] = command
            elif any(name in self.options.names(suite) for suite in self.options.suites):
                self.left_out[name] = why
        return there

    def names(self, suite):
        there = self.servers if suite == "udp" else self.gateways
        return [name for name in self.options.names(suite) if name in there]

    def turns(self, cell):
        """In which rounds each candidate takes part in a cell."""
        turns = {name: rounds(cell, name, self.options) for name in self.names(cell.suite)}
        return {name: turn for name, turn in turns.items() if turn}

    def seconds(self, cells):
        """How long all legs of all cells take, without repeats."""
        return leg_seconds(self.options) * sum(len(turn) for cell in cells for turn in self.turns(cell).values())

    def run(self, cells, report_leg):
        """All legs of all cells, collected in `legs` one by one; `report_leg` hears of each as it ends."""
        for cell in cells:
            turns = self.turns(cell)
            for number in sorted(set().union(*turns.values())):
                names = [name for name, turn in turns.items() if number in turn]
                self.round(cell, number, names, report_leg)
                self.options.clock.owed -= len(names) * leg_seconds(self.options)

    def round(self, cell, number, names, report_leg, **marks):
        for name in names:
            leg = {"cell": asdict(cell), "candidate": name, "round": number, **marks}
            try:
                leg |= self.leg(cell, name)
            except (NotReady, loads.LoadFailed) as problem:
                leg["problem"] = str(problem)
            self.legs.append(leg)
            report_leg(cell, leg)

    def repeat(self, cells, report_leg):
        """Measures rows again whose rounds lie far apart, up to `--repeats` times their rounds more, while there is time."""
        for cell in sorted(cells, key=lambda cell: cell not in TARGET_CELLS):
            turns = self.turns(cell)
            last = max((max(turn) for turn in turns.values()), default=0)
            while names := self.to_repeat(cell, turns):
                # As many rounds as there were, or a lucky one would end it.
                for _ in range(self.options.rounds):
                    if not self.options.clock.has(len(names) * leg_seconds(self.options)):
                        return
                    last += 1
                    self.round(cell, last, names, report_leg, repeat=True)

    def to_repeat(self, cell, turns):
        """The rows of a cell that have to be measured once more, and those that they are compared with."""
        rows = {name: [leg for leg in self.legs if leg["cell"] == asdict(cell) and leg["candidate"] == name
                       and "problem" not in leg] for name in turns}
        yardstick = candidates.YARDSTICK[cell.suite]
        most = {name: len(turn) * (1 + self.options.repeats) for name, turn in turns.items()}
        wide = {name for name, legs in rows.items() if len(legs) < most[name] and is_wide(legs, cell.steadiness)}
        if wide & COMPARED:
            wide |= COMPARED
        if wide:
            wide.add(yardstick)
        return [name for name in turns if name in wide]

    def cpus(self, cell):
        """Where the measured program and everything else may run in this cell.

        At half load apart: where three busy programs share two cores, the slowest requests tell how long the scheduler let
        the measured program wait, and hardly anything of the program.
        """
        return cpu_sets(True) if cell.mode == "half-load" else (self.options.gateway_cpus, self.options.other_cpus)

    def leg(self, cell, name):
        own_cpus, other_cpus = self.cpus(cell)
        if cell.suite == "udp":
            with candidates.start_server(name, self.servers[name], own_cpus) as server:
                load = self.load(cell, name, server.port)
                return self.observe(server, load)
        with candidates.start_upstream(cell.suite, other_cpus) as upstream:
            commands = self.commands(cell.connections)
            behind = self.start_behind(name, commands, upstream.port, own_cpus)
            with candidates.start_gateway(name, commands[name][1], upstream.port, own_cpus, behind) as gateway:
                result = self.observe(gateway, self.load(cell, name, gateway.port))
                return result | {"upstream_drops": udp_drops(upstream.port)}

    def commands(self, connections=64):
        return candidates.commands(self.options.letterbox, self.options.workers, connections)

    def start_behind(self, name, commands, upstream_port, cpus):
        """What stands behind a candidate, if something does."""
        behind = candidates.BEHIND.get(name)
        return candidates.start_gateway(behind, commands[behind][1], upstream_port, cpus) if behind else None

    def observe(self, child, load):
        """Warms the program up, then measures it: rate and latency from outside, CPU and memory of it alone.

        The kernel tells to the nanosecond how long the program ran, but user and system time only in hundredths of a second:
        these are good for the share of each.
        """
        load(self.options.warmup)
        ticks, run_time = child.cpu(), child.run_time()
        result = load(self.options.seconds)
        user, system = (after - start for after, start in zip(child.cpu(), ticks))
        cpu = (child.run_time() - run_time) / max(1, result.get("answered", result["requests"]))
        share = user / max(1, user + system)
        return result | {
            "user_us": cpu * share, "system_us": cpu * (1 - share), "cpu_us": cpu, "peak_bytes": child.peak_memory(),
            "descriptors": child.descriptors(),
        }

    def load(self, cell, name, port):
        """The load of a cell as a function of its seconds."""
        _, cpus = self.cpus(cell)
        path = "/dns-query" if name in candidates.WITH_PATH else "/"
        if cell.suite == "udp":
            return lambda seconds: loads.udp_load(port, cell, seconds, cpus)
        if cell.suite == "doh":
            return lambda seconds: loads.h2load(port, cell, seconds, path, cpus)
        if cell.mode == "half-load":
            rate = self.rate(cell)
            return lambda seconds: loads.http_load(port, cell, seconds, path, rate, cpus)
        if self.options.load == "http_load" and cell.mode == "keep-alive":
            return lambda seconds: loads.http_load(port, cell, seconds, path, 0, cpus)
        checked = self.options.check_bodies
        return lambda seconds: loads.wrk(port, cell, seconds, path, checked, cpus)

    def rate(self, cell):
        """Half of what the yardstick carries when it is asked as fast as it answers, as the table of that cell has it."""
        if self.options.rate:
            return self.options.rate
        if cell not in self.rates:
            yardstick = candidates.YARDSTICK[cell.suite]
            name = yardstick if yardstick in self.gateways else self.names(cell.suite)[0]
            full = replace(cell, mode="keep-alive")
            carried = [leg["per_second"] for leg in self.legs
                       if leg["cell"] == asdict(full) and leg["candidate"] == name and "problem" not in leg]
            self.rates[cell] = round(median(carried or [self.leg(full, name)["per_second"]]) / 2)
        return self.rates[cell]
