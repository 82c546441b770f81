"""Turns legs into tables: medians, spread, and ratios to the yardstick of the same round."""

import json
import os
import platform
import shutil
import subprocess
from pathlib import Path
from statistics import median

import candidates
import measure
import targets
from measure import Cell
from paths import BENCHMARKS

EXPERIMENTS = BENCHMARKS / "experiments.md"

COLUMNS = ["candidate", "requests/s", "spread", "ratio", "p50 us", "p99 us", "p99 ratio", "p99.9 us",
           "CPU us", "user", "system", "CPU ratio", "peak MB", "errors"]


def by_cell(legs):
    """{cell: {candidate: [its legs]}}, in the order measured; legs that failed are left out."""
    cells = {}
    for leg in legs:
        rows = cells.setdefault(Cell(**leg["cell"]), {}).setdefault(leg["candidate"], [])
        if "problem" not in leg:
            rows.append(leg)
    return cells


def middle(legs, key, digits=0):
    values = [leg[key] for leg in legs if leg.get(key) is not None]
    return f"{median(values):,.{digits}f}" if values else "-"


def spread(legs):
    """How far apart the slowest and the fastest round lie, as a share of the median."""
    values = [leg["per_second"] for leg in legs]
    return f"{100 * (max(values) - min(values)) / median(values):.0f} %" if median(values) else "-"


def ratio(legs, yardstick, key):
    """The median of the ratios of rounds that belong together, which a drift of the machine does not touch."""
    other = {leg["round"]: leg.get(key) for leg in yardstick}
    values = [leg[key] / other[leg["round"]] for leg in legs if key in leg and other.get(leg["round"])]
    return f"{median(values):.2f}" if values else "-"


def errors(legs):
    """Requests of all rounds that did not get the reply they were owed."""
    keys = ["non_200", "wrong", "failed", "unanswered", "lost", "strays"]
    found = {key: sum(leg.get(key, 0) for leg in legs) for key in keys}
    return ", ".join(f"{count} {key.replace('_', ' ')}" for key, count in found.items() if count) or "0"


def row(name, legs, yardstick):
    if not legs:
        return [name, "failed"] + ["-"] * (len(COLUMNS) - 2)
    return [
        name, middle(legs, "per_second"), spread(legs), ratio(legs, yardstick, "per_second"),
        middle(legs, "p50_us"), middle(legs, "p99_us"), ratio(legs, yardstick, "p99_us"), middle(legs, "p999_us"),
        middle(legs, "cpu_us", 2), middle(legs, "user_us", 2), middle(legs, "system_us", 2),
        ratio(legs, yardstick, "cpu_us"),
        f"{median(leg['peak_bytes'] for leg in legs) / 1e6:.1f}", errors(legs),
    ]


def table(cell, rows):
    yardstick = rows.get(candidates.YARDSTICK[cell.suite], [])
    return [row(name, legs, yardstick) for name, legs in rows.items()]


def plain(legs, tables):
    """The tables for a terminal."""
    shown = [(cell.title, COLUMNS, table(cell, rows)) for cell, rows in by_cell(legs).items()]
    shown += [(one["title"], one["columns"], one["rows"]) for made in tables.values() for one in made]
    lines = []
    for title, columns, rows in shown:
        lines += ["", title]
        widths = [max(len(line[i]) for line in [columns, *rows]) for i in range(len(columns))]
        for line in [columns, *rows]:
            padded = [line[0].ljust(widths[0])] + [text.rjust(width) for text, width in zip(line[1:], widths[1:])]
            lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


def markdown_table(columns, rows):
    return ["", "| " + " | ".join(columns) + " |", "|---|" + "--:|" * (len(columns) - 1),
            *("| " + " | ".join(row) + " |" for row in rows)]


def first_line(*command):
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, capture_output=True, text=True)
    lines = (done.stdout + done.stderr).strip().splitlines()
    return lines[0].strip() if lines else None


def machine():
    """What the figures were measured on."""
    cpu = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                if line.startswith("model name")), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = [
        first_line("swift", "--version"), (first_line("clang", "--version") or "").partition(" (")[0],
        first_line("go", "version"),
        first_line("node", "--version") and "Node.js " + first_line("node", "--version"),
        "Python " + platform.python_version(), first_line("dnsdist", "--version"), first_line("unbound", "-V"), first_line("nginx", "-v"), first_line("wrk", "--version"),
    ]
    return {
        "cpu": cpu, "cores": os.cpu_count(), "memory_gib": round(memory), "kernel": platform.release(),
        "versions": [version for version in versions if version],
    }


def introduction(result):
    m = result["machine"]
    lines = [
        "# Performance", "",
        "*Written by `scripts/bench --write`, but for its last part; [the benchmarks](../Benchmarks/README.md) say how "
        "everything is measured.*", "",
        f"Measured on {m['cpu']}, {m['cores']} cores, {m['memory_gib']} GiB, Linux {m['kernel']}, with "
        f"`{result['command']}`. Each figure is the median of {result['rounds']} rounds of {result['seconds']:g} s, "
        + (f"for Letterbox and bare C of {measure.STEADIER} times as many where targets are compared, "
           if result["full"] else "") +
        "in which the candidates took turns, each time in a fresh process. *Spread* is the distance from the slowest to "
        "the fastest round; each *ratio* compares with the yardstick of the same round; *CPU* is microseconds of the "
        "measured process alone per request.",
        "", "Versions: " + "; ".join(m["versions"]) + ".", "",
    ]
    shown = dict.fromkeys(leg["candidate"] for leg in result["legs"])
    lines += [f"- **{name}**: {candidates.DESCRIPTIONS[name]}" for name in shown]
    return lines + [f"- **{name}** was left out: {why.splitlines()[0]}" for name, why in result["left_out"].items()]


def cell_parts(result):
    """The tables of candidates under load, under a heading for each suite."""
    suite = None
    for cell, rows in by_cell(result["legs"]).items():
        if cell.suite != suite:
            suite = cell.suite
            yield from ["", f"## {candidates.HEADINGS[suite]}"]
        title = cell.title
        if rate := result["rates"].get(cell.title):
            title += f" ({rate:,} requests/s)"
        yield from ["", f"### {title[0].upper()}{title[1:]}", *markdown_table(COLUMNS, table(cell, rows))]


def table_parts(result, page):
    """The other suites; a drawing goes beside the page."""
    for suite, tables in result["tables"].items():
        if suite == "growth":
            yield from ["", "## Cost as work grows"]
        for one in tables:
            yield from ["", f"{'###' if suite == 'growth' else '##'} {one['title']}"]
            yield from ["", one["text"]] if one["text"] else []
            if "plot" in one:
                (page.parent / f"{suite}.svg").write_text(one["plot"])
                yield from ["", f"![CPU per request]({suite}.svg)"]
            yield from markdown_table(one["columns"], one["rows"])


def write_markdown(path, result):
    """Writes the page: what was measured, and then the list of experiments, which is kept by hand."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = [*introduction(result), *targets.lines(result), *cell_parts(result), *table_parts(result, path)]
    path.write_text("\n".join(parts) + "\n\n" + EXPERIMENTS.read_text())


def write_json(path, result):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")
