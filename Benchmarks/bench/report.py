"""Turns legs into tables: medians, spread, and ratios to the yardstick of the same round."""

import json
import os
import platform
import shutil
import subprocess
from pathlib import Path
from statistics import median

import candidates
from measure import Cell

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
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


def plain(legs):
    """The tables for a terminal."""
    lines = []
    for cell, rows in by_cell(legs).items():
        cells = [COLUMNS, *table(cell, rows)]
        widths = [max(len(line[i]) for line in cells) for i in range(len(COLUMNS))]
        lines += ["", cell.title]
        for line in cells:
            padded = [line[0].ljust(widths[0])] + [text.rjust(width) for text, width in zip(line[1:], widths[1:])]
            lines.append("  ".join(padded).rstrip())
    return "\n".join(lines)


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
        "Python " + platform.python_version(), first_line("dnsdist", "--version"), first_line("wrk", "--version"),
    ]
    return {
        "cpu": cpu, "cores": os.cpu_count(), "memory_gib": round(memory), "kernel": platform.release(),
        "versions": [version for version in versions if version],
    }


def markdown(result):
    """The generated part of the performance page."""
    m = result["machine"]
    rounds = f"{result['rounds']} rounds of {result['seconds']:g} s"
    lines = [
        BEGIN, "",
        f"Measured on {m['cpu']}, {m['cores']} cores, {m['memory_gib']} GiB, Linux {m['kernel']}, with "
        f"`{result['command']}`. Each figure is the median of {rounds} in "
        "which the candidates took turns, each time in a fresh process. *Spread* is the distance from the slowest to "
        "the fastest round; each *ratio* compares with the yardstick of the same round; *CPU* is microseconds of the "
        "measured process alone per request.",
        "", "Versions: " + "; ".join(m["versions"]) + ".", "",
    ]
    shown = dict.fromkeys(leg["candidate"] for leg in result["legs"])
    lines += [f"- **{name}**: {candidates.DESCRIPTIONS[name]}" for name in shown]
    lines += [f"- **{name}** was left out: {why.splitlines()[0]}" for name, why in result["left_out"].items()]
    for cell, rows in by_cell(result["legs"]).items():
        title = cell.title
        if rate := result["rates"].get(cell.title):
            title += f" ({rate:,} requests/s)"
        lines += ["", f"### {title[0].upper()}{title[1:]}", ""]
        lines += ["| " + " | ".join(COLUMNS) + " |", "|---|" + "--:|" * (len(COLUMNS) - 1)]
        lines += ["| " + " | ".join(line) + " |" for line in table(cell, rows)]
    return "\n".join([*lines, "", END, ""])


def write_markdown(path, result):
    """Writes the tables to `path`; in a page that has the markers only what stands between them is replaced."""
    path, text = Path(path), markdown(result)
    if path.exists():
        page = path.read_text()
        before, begin, rest = page.partition(BEGIN)
        _, end, after = rest.partition(END)
        if not (begin and end):
            raise SystemExit(f"bench: {path} has no '{BEGIN}' ... '{END}' to put the tables between")
        text = before + text.rstrip("\n") + after
    else:
        text = "# Performance\n\n" + text
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_json(path, result):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")
