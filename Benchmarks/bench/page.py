"""Writes docs/performance.md from the results of one run or of several: two screens that a visitor reads, and the details."""

import json
import re
from pathlib import Path
from statistics import median

import candidates
import report
import targets
from loads import STREAMS
from measure import Cell
from report import COLUMNS, by_cell, markdown_table
from turns import paired, typical

# Every suite, and its heading on the page.
SUITES = {
    "gateway": "Gateways", "dns": "DNS over HTTP", "doh": "DNS over HTTP/2", "udp": "The UDP server",
    "parser": "Reading and writing heads", "uppercase": "Upper case", "growth": "Cost as work grows",
    "rates": "Latency as the rate grows", "start": "Before and between requests",
}
TEXTS = {
    "gateway": "Peers that are far from the targets are measured where targets are.",
    "dns": "A query of 29 bytes and a reply with one record. **letterbox-dns** has `preset=dns` and is compared with dnsdist.",
    "doh": f"Each connection has {STREAMS} requests under way. Letterbox speaks HTTP/1.1, and stands behind a proxy that ends "
           "HTTP/2, as it does where it is used; CPU and memory are those of both programs. dnsdist and unbound end HTTP/2 "
           "themselves, which costs less than a proxy does where nothing else has to be in front.",
}
PEERS = {
    "letterbox": "**Letterbox**", "epoll": "bare C, sockets rest as Letterbox's do", "epoll-hot": "bare C, hot sockets (unsafe)",
    "go": "Go, `net/http`", "node": "Node.js", "hummingbird": "SwiftNIO (Hummingbird)", "aiohttp": "Python, aiohttp",
    "aiohttp-uvloop": "Python, aiohttp on uvloop",
}
PEERS_CELL = Cell("gateway", "keep-alive", 64, 50)
DETAILS = "## Details"
# Blocks that other scripts write into the page; it keeps them when it is written anew.
BLOCKS = ["soak"]


def merge(results):
    """One result of several: each kind of work is the later one's that has it, and remembers its run."""
    merged = {"legs": [], "tables": {}, "rates": {}, "left_out": {}}
    for number, result in enumerate(results, 1):
        cells = {json.dumps(leg["cell"], sort_keys=True) for leg in result["legs"]}
        merged["legs"] = [leg for leg in merged["legs"] if json.dumps(leg["cell"], sort_keys=True) not in cells]
        merged["legs"] += [leg | {"run": number} for leg in result["legs"]]
        for suite, tables in result["tables"].items():
            merged["tables"][suite] = [table | {"run": number} for table in tables]
        merged["rates"] |= result["rates"]
        merged["left_out"] |= result["left_out"]
    there = {leg["candidate"] for leg in merged["legs"]} | merged["tables"].keys()
    merged["left_out"] = {name: why for name, why in merged["left_out"].items() if name not in there}
    return merged


def missing(merged):
    """The suites that were not measured."""
    there = {leg["cell"]["suite"] for leg in merged["legs"]} | merged["tables"].keys()
    return [suite for suite in SUITES if suite not in there]


def when(result):
    day = result["started"]
    return f"{day[:4]}-{day[4:6]}-{day[6:8]}"


def machine(result):
    m = result["machine"]
    return f"{m['cpu']}, {m['cores']} cores, {m['memory_gib']} GiB, Linux {m['kernel']}"


def opening(results):
    machines = list(dict.fromkeys(machine(result) for result in results))
    return [
        "# Performance", "",
        "*Written by `scripts/bench --write`; [the benchmarks](../Benchmarks/README.md) say how everything is measured, and "
        "[what was tried](../Benchmarks/experiments.md) is on a page of its own.*", "",
        f"Measured on {'; and on '.join(machines)}. Ratios compare programs that took turns in the same run on the same machine.",
    ]


def peers(merged):
    """The table that tells most with least."""
    rows = by_cell(merged["legs"]).get(PEERS_CELL)
    if not rows:
        return []
    bare = rows.get("epoll", [])

    def ratio(legs, figure):
        value = paired(legs, bare, figure)
        return "-" if value is None else f"{value:.2f}"

    lines = [[title, f"{typical(legs, 'per_second'):,.0f}", ratio(legs, "per_second"), f"{typical(legs, 'p50_us'):,.0f}",
              f"{typical(legs, 'p99_us'):,.0f}", f"{typical(legs, 'cpu_us'):.1f}", ratio(legs, "cpu_us"),
              f"{median(leg['peak_bytes'] for leg in legs) / 1e6:.0f}"]
             for name, title in PEERS.items() if (legs := rows.get(name))]
    columns = ["gateway", "requests/s", "of bare C", "p50 us", "p99 us", "CPU us a request", "of bare C", "MB"]
    return ["", "## Beside its peers", "", "64 kept connections, bodies of 50 bytes, one worker each; each request is one datagram and its "
            "reply.", *markdown_table(columns, lines)]


def drawing(merged):
    if not any("plot" in table for table in merged["tables"].get("growth", [])):
        return []
    return ["", "![CPU per request as there is more of everything](growth.svg)", "",
            "CPU a request at 8,000 requests a second, as there is more of everything: [the figures](#cost-as-work-grows)."]


def target_lines(merged):
    return ["", "## Targets", "", "Ratios at 64 connections and bodies of 50 bytes, one worker each, unless another number is named. "
            "Instructions, allocations and system calls are counted by `scripts/budget` and are the same on any machine.",
            *markdown_table(["what", "target", "measured", "reached"], targets.rows(merged))]


def kept_block(name, old):
    """The lines between a block's marks in the page as it was, which another script has written."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    found = re.search(re.escape(begin) + r"\n(.*?)" + re.escape(end), old, re.DOTALL)
    return [begin, *(found[1].splitlines() if found else []), end]


def soak(old):
    return ["", "## The soak", "", "`scripts/soak` lets a gateway run at half load while the network loses, doubles and reorders datagrams, a "
            "service's name moves, and clients come, go and misbehave; every reply is checked. Memory, descriptors and p99 of the "
            "last quarter have to be those of the second.", "", *kept_block("soak", old)]


def runs(results, merged):
    lines = ["", "### How it was measured", "",
             "Candidates take turns, each time in a fresh process, and each figure is the median of the *rounds*. *Spread* is the "
             "distance from the slowest to the fastest round, as a share of the median: of requests/s, and at a constant rate of CPU. "
             "A row whose spread is above 30 % was measured again, up to as often as its run says, until the inner half of its "
             "rounds was closer together; all rounds count. Each *ratio* is the median of those to the yardstick in the same round; *CPU* is microseconds "
             "of the measured process alone per request. Letterbox and bare C may have equally many UDP sockets. Processor and kernel "
             "decide much of a ratio: where the kernel is fast, what a program adds weighs more."]
    for number, result in enumerate(results, 1):
        again = sum(sum(rows.values()) for rows in result.get("repeated", {}).values())
        lines += ["", f"{number}. {when(result)}, {machine(result)}"
                  + (f", Letterbox {result['letterbox']}" if result.get("letterbox") else "")
                  + f": `{result['command']}`, legs of {result['seconds']:g} s; rows repeated up to {result.get('repeats', 0)} times, "
                  f"which made {again} legs more" + (f"; {result['minutes']:g} minutes" if "minutes" in result else "")
                  + (f"; a load of {result['load at the start']:.1f} at the start" if "load at the start" in result else "") + "."
                  + (" It was interrupted." if result.get("interrupted") else "")]
    versions = dict.fromkeys(version for result in results for version in result["machine"]["versions"])
    lines += ["", "Versions: " + "; ".join(versions) + ".", ""]
    shown = dict.fromkeys(leg["candidate"] for leg in merged["legs"])
    lines += [f"- **{name}**: {candidates.DESCRIPTIONS[name]}" for name in shown]
    lines += [f"- **{name}** was left out: {why.splitlines()[0]}" for name, why in merged["left_out"].items()]
    if lost := missing(merged):
        lines += ["", f"Not measured: {', '.join(lost)}."]
    return lines


def cells_of(suite, merged, several):
    """The tables of candidates under load of one suite."""
    for cell, rows in by_cell(merged["legs"]).items():
        if cell.suite != suite:
            continue
        rate = merged["rates"].get(cell.title)
        title = cell.title + (f" ({rate:,} requests/s)" if rate else "")
        yield from ["", f"#### {title[0].upper()}{title[1:]}"]
        run = next((leg["run"] for legs in rows.values() for leg in legs), None)
        yield from ["", f"Run {run}."] if several and run else []
        yield from markdown_table(COLUMNS, report.table(cell, rows))


def tables_of(suite, merged, several):
    """The tables that a suite has made itself."""
    tables = merged["tables"].get(suite, [])
    for table in tables:
        if len(tables) > 1:
            yield from ["", f"#### {table['title']}"]
        text = " ".join([*([f"Run {table['run']}."] if several else []), table["text"]]).strip()
        yield from ["", text] if text else []
        yield from markdown_table(table["columns"], table["rows"])


def details(results, merged):
    several = len(results) > 1
    lines = ["", DETAILS, *runs(results, merged)]
    for suite, heading in SUITES.items():
        found = [*cells_of(suite, merged, several), *tables_of(suite, merged, several)]
        if found:
            lines += ["", f"### {heading}", *(["", TEXTS[suite]] if suite in TEXTS else []), *found]
    return lines


def text(results, page):
    """The whole page; what other scripts have written into the page as it is stays."""
    merged = merge(results)
    old = page.read_text() if page.exists() else ""
    parts = [*opening(results), *peers(merged), *drawing(merged), *target_lines(merged), *soak(old), *details(results, merged)]
    return "\n".join(parts) + "\n"


def write(path, results):
    """Writes the page, and its plot beside it."""
    page = Path(path)
    page.parent.mkdir(parents=True, exist_ok=True)
    plots = [table["plot"] for table in merge(results)["tables"].get("growth", []) if "plot" in table]
    for drawn in plots:
        (page.parent / "growth.svg").write_text(drawn)
    page.write_text(text(results, page))


def lost(path, results):
    """The parts that the page has now, and would not have if it were written of these results."""
    page = Path(path)
    if not page.exists():
        return []
    already = absent(page.read_text())
    return [what for what in absent(text(results, page)) if what not in already]


def absent(page):
    """The parts of a complete page that this one has not."""
    wanted = ["## Beside its peers", "## Targets", "## The soak", DETAILS, *(f"### {heading}" for heading in SUITES.values())]
    lines = page.splitlines()
    return [heading for heading in wanted if heading not in lines] + [
        f"the block {name}" for name in BLOCKS if f"<!-- {name}: begin -->" not in lines] + [
        f"the target {target.name}" for target in targets.TARGETS if not any(line.startswith(f"| {target.name} |") for line in lines)]
