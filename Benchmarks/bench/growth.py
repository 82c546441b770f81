"""What a request costs as there is more of everything, and what the program costs before there is any request."""

import re
import subprocess
import time
from contextlib import ExitStack
from statistics import median

import candidates
import loads
from measure import Cell, cpu_sets
from paths import BENCHMARKS, BIN
from plot import plot
from processes import Child, accepts_tcp, free_port

CONNECTIONS = [1, 16, 64, 256, 1024, 4096, 10000]
UPSTREAMS = [1, 2, 4, 8, 16]
SOCKETS = [500, 2000, 8000, 16000]
STARTS = 20
LEGS = len(CONNECTIONS) + 2 * sum(count <= 1024 for count in CONNECTIONS) + len(UPSTREAMS) + len(SOCKETS) + 2
# Well below what one worker carries, so that the work is the same however many connections share it.
RATE = 8000
TEXT = (f"CPU of the gateway with one worker, microseconds per request. At a constant rate of {RATE:,} requests a second "
        "requests go round all connections, so that each of 10,000 makes one in 1.25 s; in the closed loop each connection "
        "always has a request under way. To have so many UDP "
        "sockets in rotation each rests for as long as the rate takes to need them all. *Ratio* compares with 64 "
        "connections, or else with the first row.")


class Legs:
    """Single measurements of the gateway under one kind of growth."""

    def __init__(self, options):
        self.options = options

    def leg(self, connections, rate, upstreams=1, flags=(), warmup=None, workers=1, yardstick=False, apart=False):
        """One fresh gateway under load, apart from everything else or not: rate, latencies, CPU and peak memory."""
        options = self.options
        own_cpus, other_cpus = cpu_sets(apart or options.pin)
        cell = Cell("gateway", "keep-alive", connections, 50)
        with ExitStack() as stack:
            services = [stack.enter_context(candidates.start_upstream("gateway", other_cpus))
                        for _ in range(upstreams)]
            addresses = [part for service in services for part in ("--upstream", f"127.0.0.1:{service.port}")]
            port = free_port()
            command = [options.letterbox, "gateway", "--workers", workers, "--port", port, *room(connections)]
            command = [BIN / "epoll", "--port", port] if yardstick else command
            gateway = stack.enter_context(Child("letterbox", [*command, *addresses, *flags], port, own_cpus))
            gateway.wait_ready(accepts_tcp)
            result, cpu = loads.http_load_watched(
                port, cell, options.seconds, warmup or options.warmup, rate, gateway.run_time, other_cpus)
            return result | {"cpu_us": cpu / max(1, result["requests"]), "peak_bytes": gateway.peak_memory()}

    def median_leg(self, *arguments, **named):
        """The leg in the middle of as many as there are rounds, by CPU."""
        legs = [self.leg(*arguments, **named) for _ in range(self.options.rounds)]
        return sorted(legs, key=lambda leg: leg["cpu_us"])[len(legs) // 2]


def room(connections):
    """Flags that share 20,000 descriptors, the limit on some machines, between connections and UDP sockets."""
    flags = ["--max-connections", max(3000, connections + 1000)]
    return [*flags, "--max-sockets", 4000] if connections > 4096 else flags


def errors(leg):
    return leg["non_200"] + leg["wrong"] + leg["failed"] + leg["unanswered"]


def cells(leg, first):
    return [f"{leg['cpu_us']:.2f}", f"{leg['cpu_us'] / first['cpu_us']:.2f}", f"{leg['per_second']:,.0f}",
            f"{leg['p50_us']:,.0f}", f"{leg['p99_us']:,.0f}", f"{leg['peak_bytes'] / 1e6:.1f}", str(errors(leg))]


def series(title, what, legs):
    """A table of one kind of growth; the ratio is to 64, or else to its first row."""
    columns = [what, "CPU us", "ratio", "requests/s", "p50 us", "p99 us", "peak MB", "errors"]
    first = legs.get(64) or next(iter(legs.values()))
    return {"title": title, "text": "", "columns": columns, "raw": legs,
            "rows": [[f"{count:,}", *cells(leg, first)] for count, leg in legs.items()]}


def measure(options):
    """The tables of the suite `growth`, the first with the plot."""
    legs = Legs(options)

    def show(what, count, leg):
        print(f"growth: {count:,} {what}: {leg['cpu_us']:.2f} us CPU, {leg['per_second']:,.0f}/s", flush=True)
        return leg

    steady = {n: show("connections, constant rate", n, legs.median_leg(n, RATE)) for n in CONNECTIONS}
    few = [n for n in CONNECTIONS if n <= 1024]
    closed = {n: show("connections, closed loop", n, legs.median_leg(n, 0)) for n in few}
    bare = {n: show("connections, closed loop, bare C", n, legs.median_leg(n, 0, yardstick=True)) for n in few}
    several = {n: show("upstreams", n, legs.median_leg(64, RATE, upstreams=n)) for n in UPSTREAMS}
    ring = {}
    for count in SOCKETS:
        rest = count / RATE
        leg = legs.median_leg(64, RATE, flags=["--rest", f"{rest * 1000:.0f}ms"], warmup=2 * rest + 0.5)
        ring[count] = show("sockets in the ring", count, leg)
    workers = {n: show("workers", n, legs.median_leg(256, 0, workers=n)) for n in (1, 2)}
    tables = [
        series("More connections, constant rate", "connections", steady),
        series("More connections, closed loop", "connections", closed),
        series("The same by bare C with the ring", "connections", bare),
        series("More upstreams (64 connections, constant rate)", "upstreams", several),
        series("More UDP sockets (64 connections, constant rate)", "sockets", ring),
        series("Two workers (256 connections, closed loop)", "workers", workers),
    ]
    tables[0]["text"] = TEXT
    tables[0]["plot"] = plot({
        "connections": [(n, leg["cpu_us"]) for n, leg in steady.items()],
        "upstreams": [(n, leg["cpu_us"]) for n, leg in several.items()],
        "UDP sockets": [(n, leg["cpu_us"]) for n, leg in ring.items()],
    })
    tables[-1]["text"] = ("Load generator and UDP server want processors of their own: what two workers gain shows only where "
                         "the machine has some to spare.")
    return tables


def start_milliseconds(letterbox):
    """From just before fork and exec to the line that says it is ready."""
    command = [letterbox, "gateway", "--port", "0", "--server-port", "0", "--workers", "1"]
    begin = time.monotonic()
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as program:
        line = next((line for line in program.stderr if " ready" in line), "")
        took = time.monotonic() - begin
        program.terminate()
        program.wait(10)
    if "ready" not in line:
        raise SystemExit(f"bench: letterbox did not start: {line}")
    return took * 1000


def idle_bytes(letterbox):
    """How many idle connections there were, and the resident bytes of each, at once and later, in the check's words."""
    script = BENCHMARKS / "checks" / "idle_connections.py"
    done = subprocess.run(["python3", script, letterbox], capture_output=True, text=True, check=True, timeout=120)
    return re.search(r"(\d+) idle connections.* (\d+) bytes each;.* (\d+) bytes each", done.stdout).groups()


def measure_start(options):
    """The table of the suite `start`."""
    times = [start_milliseconds(options.letterbox) for _ in range(STARTS)]
    count, fresh, each = idle_bytes(options.letterbox)
    size = options.letterbox.stat().st_size / 1e6
    rows = [
        ["start to ready, ms", f"{median(times):.1f}", f"{min(times):.1f} to {max(times):.1f} in {STARTS} starts"],
        ["an idle connection, bytes resident", each, f"{int(count):,} keep-alive connections that made one request each"],
        ["the same in its first seconds, bytes resident", fresh, "while it has its task, and waits for the next request"],
        ["the program, MB", f"{size:.1f}", "the file"],
    ]
    return {"title": "Before and between requests", "text": "", "columns": ["what", "median", "how"], "rows": rows}
