"""CPU per request as there is more of everything, beside bare C where bare C can have it."""

import urllib.request
from contextlib import ExitStack

import candidates
import loads
from measure import Cell, cpu_sets
from paths import BIN
from plot import plot
from processes import Child, accepts_tcp, free_port, run_time
from turns import Turns, leg_seconds, paired, typical

CONNECTIONS = [1, 16, 64, 256, 1024, 4096, 10000]
UPSTREAMS = [1, 2, 4, 8, 16]
SERVICES = [1, 4, 16, 64]
SOCKETS = [500, 2000, 8000, 16000]
WORKERS = [1, 2, 4]
# Well below what one worker carries, so that the work is the same however many connections share it.
RATE = 8000
TEXT = (f"CPU of the gateway with one worker, microseconds per request, at a constant rate of {RATE:,} requests a second, which "
        "go round all connections: each of 10,000 makes one in 1.25 s. The closed loop for 1 to 1,024 connections is among the "
        "gateways' tables. *Ratio* compares with 64 connections, or else with the first row.")
SERVICES_TEXT = ("Each service has its path and its sockets, and each request asks the next one, so that no head is like the last "
                 "one on its connection: with one service all are alike, which is cheaper to read.")
SOCKETS_TEXT = ("Each socket rests for as long as the rate takes to need them all. *Open* is what the gateway said at the end.")
WORKERS_TEXT = ("256 connections in the closed loop, and then a connection for each request. *Spread* is how far the worker that "
                "has most of them lies above an even share; of connections that come and go it is the workers' time on a "
                "processor. *Load* is the part of all processor time that load generator and UDP server take: they want "
                "processors of their own, and what more workers gain shows only where the machine has some to spare.")


class Legs:
    """Single measurements of the gateway under one kind of growth."""

    def __init__(self, options):
        self.options = options

    def leg(self, connections, rate, upstreams=1, services=0, flags=(), warmup=None, workers=1, yardstick=False, apart=False,
            load=()):
        """One fresh gateway under load, apart from everything else or not: rate, latencies, CPU and peak memory."""
        options = self.options
        own_cpus, other_cpus = cpu_sets(apart or options.pin)
        with ExitStack() as stack:
            backends = [stack.enter_context(candidates.start_upstream("gateway", other_cpus)) for _ in range(upstreams)]
            port = free_port()
            command = self.command(port, connections, backends, services, workers, yardstick)
            gateway = stack.enter_context(Child("epoll" if yardstick else "letterbox", [*command, *flags], port, own_cpus))
            gateway.wait_ready(accepts_tcp)

            def watch(generator):
                seen = {"gateway": gateway.run_time(), "generator": run_time(generator),
                        "services": sum(backend.run_time() for backend in backends)}
                if workers > 1:
                    seen |= {"threads": gateway.thread_times(), "loops": gateway.connections_by_loop()}
                return seen

            more = [*load, *(["--path", "/s", "--paths", services] if services else []), *(["--tally"] if workers > 1 else [])]
            result, first, last = loads.http_load_watched(
                port, Cell("gateway", "keep-alive", connections, 50), options.seconds, warmup or options.warmup, rate, watch,
                other_cpus, more)
            result |= shares(result, first, last) | {"peak_bytes": gateway.peak_memory(), "descriptors": gateway.descriptors()}
            if workers > 1:
                result |= spread_over(workers, result.pop("tally"), first, last)
            return result if yardstick else result | {"sockets": sockets_of(port)}

    def command(self, port, connections, backends, services, workers, yardstick):
        own, bare = candidates.flags_of_room(connections)
        if yardstick:
            return [BIN / "epoll", "--port", port, *bare, "--upstream", f"127.0.0.1:{backends[0].port}"]
        addresses = [f"127.0.0.1:{backend.port}" for backend in backends]
        named = [word for number in range(services) for word in ("--service", f"/s{number:02} {addresses[0]}")]
        unnamed = [word for address in addresses for word in ("--upstream", address)]
        return [self.options.letterbox, "gateway", "--workers", workers, "--port", port, *own, *(named or unnamed)]


def shares(result, first, last):
    """CPU a request, and which part of all CPU the load took, generator and UDP servers together."""
    spent = {name: last[name] - first[name] for name in ("gateway", "generator", "services")}
    load = spent["generator"] + spent["services"]
    return {"cpu_us": spent["gateway"] / max(1, result["requests"]), "load_share": load / max(1, load + spent["gateway"])}


def above_even(values, count):
    """How far the most lies above an even share of all, as a part of it."""
    return max(values) * count / sum(values) - 1 if values and sum(values) else None


def spread_over(workers, tally, first, last):
    """How unevenly workers were used: by connections and their requests, and by time on a processor."""
    requests = {int(port): count for port, count in tally.items()}
    busy = sorted((time - first["threads"].get(thread, 0) for thread, time in last["threads"].items()), reverse=True)
    return {
        "connections_spread": above_even([len(ports) for ports in last["loops"]], workers),
        "requests_spread": above_even([sum(requests.get(port, 0) for port in ports) for ports in last["loops"]], workers),
        "time_spread": above_even(busy[:workers], workers),
    }


def sockets_of(port):
    """How many UDP sockets a gateway says are open."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5).read().decode()
    return sum(int(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith("letterbox_udp_sockets{"))


def errors(legs):
    return sum(leg[key] for leg in legs for key in ("non_200", "wrong", "failed", "unanswered"))


def works():
    """The legs of each series: {series: {key: how}}, in order."""
    return {
        "connections": {(count, who): {"connections": count, "rate": RATE, "yardstick": who == "bare C"}
                        for count in CONNECTIONS for who in ("bare C", "Letterbox")},
        "backends": {(count,): {"connections": 64, "rate": RATE, "upstreams": count} for count in UPSTREAMS},
        "services": {(count,): {"connections": 64, "rate": RATE, "services": count} for count in SERVICES},
        "sockets": {(count,): {"connections": 64, "rate": RATE, "warmup": 2 * count / RATE + 0.5,
                               "flags": ["--rest", f"{1000 * count // RATE}ms", "--min-sockets", count]}
                    for count in SOCKETS},
        "workers": {(count, kind): {"connections": 256, "rate": 0, "workers": count,
                                    "load": ["--close"] if kind == "close" else []}
                    for kind in ("keep-alive", "close") for count in WORKERS},
    }


def seconds(options):
    """How long it takes, without repeats."""
    return options.rounds * sum(leg_seconds(options, how.get("warmup")) for kinds in works().values() for how in kinds.values())


def figures(legs):
    """The cells that all tables have."""
    if not legs:
        return ["failed", *"-" * 6]
    return [f"{typical(legs, 'cpu_us'):.2f}", f"{typical(legs, 'per_second'):,.0f}", f"{typical(legs, 'p50_us'):,.0f}",
            f"{typical(legs, 'p99_us'):,.0f}", f"{typical(legs, 'peak_bytes') / 1e6:.1f}", f"{errors(legs)}", f"{len(legs)}"]


FIGURES = ["CPU us", "requests/s", "p50 us", "p99 us", "peak MB", "errors", "rounds"]


def number(value, form):
    return "-" if value is None else format(value, form)


def percent(share):
    return None if share is None else 100 * share


def against(legs, base):
    """The ratio of a row's CPU to that of its base."""
    one, other = typical(legs, "cpu_us"), typical(base, "cpu_us")
    return None if one is None or not other else one / other


def connections_table(taken):
    base = taken[64, "Letterbox"]
    rows, ratios, bare_ratios = [], {}, {}
    for count in CONNECTIONS:
        own, bare = taken[count, "Letterbox"], taken[count, "bare C"]
        ratios[count], bare_ratios[count] = against(own, base), paired(own, bare, "cpu_us")
        cpu, *rest = figures(own)
        rows.append([f"{count:,}", cpu, number(ratios[count], ".2f"), number(typical(bare, "cpu_us"), ".2f"),
                     number(bare_ratios[count], ".2f"), *rest])
    columns = ["connections", "CPU us", "ratio", "bare C's", "ratio to bare C", *FIGURES[1:]]
    return {"title": "More connections", "text": TEXT, "columns": columns, "rows": rows,
            "ratios": ratios, "bare ratios": bare_ratios}


def series_table(title, what, text, taken):
    """A table of one kind of growth, compared with its first row."""
    base = next(iter(taken.values()))
    rows, ratios = [], {}
    for (count, *_), legs in taken.items():
        ratios[count] = against(legs, base)
        cpu, *rest = figures(legs)
        rows.append([f"{count:,}", cpu, number(ratios[count], ".2f"), number(typical(legs, "sockets"), ",.0f"), *rest])
    return {"title": title, "text": text, "columns": [what, "CPU us", "ratio", "open", *FIGURES[1:]], "rows": rows,
            "ratios": ratios}


def workers_table(taken):
    rows = []
    for (count, kind), legs in taken.items():
        ratio = against(legs, taken[1, kind])
        asked = "time_spread" if kind == "close" else "requests_spread"
        cpu, *rest = figures(legs)
        rows.append([f"{count}, {kind}", cpu, number(ratio, ".2f"), *(number(percent(typical(legs, figure)), ".0f") for figure in ("connections_spread", asked, "load_share")), *rest])
    columns = ["workers", "CPU us", "ratio", "connections' spread %", "requests' spread %", "load %", *FIGURES[1:]]
    return {"title": "More workers", "text": WORKERS_TEXT, "columns": columns, "rows": rows}


def draw(taken):
    def points(series, *who):
        return [(key[0], typical(legs, "cpu_us")) for key, legs in taken[series].items() if legs and key[1:] == who]

    return plot({
        "connections": points("connections", "Letterbox"), "connections of bare C": points("connections", "bare C"),
        "backends": points("backends"), "services": points("services"), "UDP sockets": points("sockets"),
    })


def measure(options):
    """The tables of the suite `growth`, the first with the plot."""
    legs = Legs(options)
    taken, raw = {}, {}
    for series, kinds in works().items():
        def show(key, leg, series=series):
            what = leg.get("problem") or f"{leg['cpu_us']:.2f} us CPU, {leg['per_second']:,.0f}/s, p99 {leg['p99_us']:,.0f} us"
            print(f"growth: {series} {', '.join(map(str, key))}, round {leg['round']}: {what}", flush=True)

        turns = Turns(options, show=show)
        taken[series] = turns.take(
            {key: lambda how=how: legs.leg(**how) for key, how in kinds.items()}, options.rounds,
            group=lambda key: key[0], warmup=lambda key, kinds=kinds: kinds[key].get("warmup"))
        raw[series] = {", ".join(map(str, key)): found for key, found in turns.legs.items()}
    tables = [
        connections_table(taken["connections"]),
        series_table("More backends (64 connections)", "backends", "", taken["backends"]),
        series_table("More services (64 connections)", "services", SERVICES_TEXT, taken["services"]),
        series_table("More UDP sockets (64 connections)", "sockets", SOCKETS_TEXT, taken["sockets"]),
        workers_table(taken["workers"]),
    ]
    for table, series in zip(tables, raw):
        table["raw"] = raw[series]
    tables[0]["plot"] = draw(taken)
    return tables
