"""The hot loops by themselves: the parser beside picohttpparser and http-parser, upper case beside a loop in C."""

import json
import subprocess
from statistics import median

from build import run
from paths import BENCHMARKS, SCRATCH

PROGRAM = SCRATCH / "kernels" / "release" / "kernels"
PEERS = {"parser": {"picohttpparser": "libh2o-dev", "http-parser": "libhttp-parser-dev"}, "uppercase": {}}
TITLES = {"parser": "Reading and writing heads", "uppercase": "Upper case"}
TEXTS = {
    "parser": "Nanoseconds for one head, in turns within one process. Letterbox keeps its parser for all requests of a "
              "connection, as in the gateway, and checks more than the others: framing, `Host`, repeated fields.",
    "uppercase": "The embedded service's one function. The loop in C copies and does nothing about text beyond ASCII; "
                 "`String.uppercased()` is the standard library's.",
}
COLUMNS = ["work", "candidate", "ns", "spread", "GB/s", "times Letterbox's"]


def build():
    """Builds the program; None, or what went wrong."""
    print("building kernels ...", flush=True)
    return run(["swift", "build", "-c", "release", "--package-path", BENCHMARKS, "--scratch-path", SCRATCH / "kernels",
                "--product", "kernels"])


def seconds(options):
    """About how long it takes: some twenty works of so many rounds."""
    return 20 * max(5, options.rounds) * 0.02 * (options.seconds or 1) + 2


def row(result, yardstick):
    ns = median(result["ns"])
    spread = f"{100 * (max(result['ns']) - min(result['ns'])) / ns:.0f} %"
    speed = f"{result['bytes'] / ns:.2f}" if result["bytes"] else "-"
    return [result["work"], result["candidate"], f"{ns:,.1f}", spread, speed, f"{ns / yardstick:.2f}"]


def measure(suite, options):
    """One table."""
    rounds, milliseconds = max(5, options.rounds), round(20 * options.seconds)
    done = subprocess.run(
        [PROGRAM, suite, str(rounds), str(milliseconds)], capture_output=True, text=True, check=True, timeout=600)
    results = json.loads(done.stdout)
    own = {result["work"]: median(result["ns"]) for result in results if result["candidate"] == "letterbox"}
    there = {result["candidate"] for result in results}
    missing = [f"{name} was left out: not installed (Debian: {package})"
               for name, package in PEERS[suite].items() if name not in there]
    return {"title": TITLES[suite], "text": " ".join([TEXTS[suite], *missing]), "columns": COLUMNS,
            "rows": [row(result, own[result["work"]]) for result in results], "raw": results}
