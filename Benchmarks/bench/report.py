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
from paths import ROOT
from turns import paired, spread, typical

COLUMNS = ["candidate", "requests/s", "spread", "ratio", "p50 us", "p99 us", "p99 ratio", "p99.9 us",
           "CPU us", "user", "system", "CPU ratio", "peak MB", "errors", "rounds"]


def by_cell(legs):
    """{cell: {candidate: [its legs]}}, in the order measured; legs that failed are left out."""
    cells = {}
    for leg in legs:
        rows = cells.setdefault(Cell(**leg["cell"]), {}).setdefault(leg["candidate"], [])
        if "problem" not in leg:
            rows.append(leg)
    return cells


def repeated(legs):
    """{cell's title: {candidate: how many rounds more}}."""
    found = {}
    for leg in legs:
        if leg.get("repeat"):
            counts = found.setdefault(Cell(**leg["cell"]).title, {})
            counts[leg["candidate"]] = counts.get(leg["candidate"], 0) + 1
    return found


def middle(legs, key, digits=0):
    value = typical(legs, key)
    return "-" if value is None else f"{value:,.{digits}f}"


def ratio(legs, yardstick, key):
    value = paired(legs, yardstick, key)
    return "-" if value is None else f"{value:.2f}"


def errors(legs):
    """Requests of all rounds that did not get the reply they were owed."""
    keys = ["non_200", "wrong", "failed", "unanswered", "lost", "strays"]
    found = {key: sum(leg.get(key, 0) for leg in legs) for key in keys}
    return ", ".join(f"{count} {key.replace('_', ' ')}" for key, count in found.items() if count) or "0"


def all_legs(result):
    """Every leg of a result, also those that its tables keep."""
    yield from result["legs"]
    for table in [table for made in result["tables"].values() for table in made]:
        raw = table.get("raw")
        for legs in raw.values() if isinstance(raw, dict) else []:
            yield from legs if isinstance(legs, list) else []


def is_bad(leg):
    """Whether a leg came to no end, had a wrong reply, or replies of which most were errors."""
    failed = leg.get("failed", 0)
    ended = leg.get("answered", leg.get("requests", 0)) + failed
    return "problem" in leg or leg.get("wrong", 0) > 0 or 2 * (leg.get("non_200", 0) + failed) > ended


def row(cell, name, legs, yardstick):
    if not legs:
        return [name, "failed"] + ["-"] * (len(COLUMNS) - 2)
    apart = spread([leg[cell.steadiness] for leg in legs if leg.get(cell.steadiness)])
    return [
        name, middle(legs, "per_second"), f"{apart:.0%}".replace("%", " %"), ratio(legs, yardstick, "per_second"),
        middle(legs, "p50_us"), middle(legs, "p99_us"), ratio(legs, yardstick, "p99_us"), middle(legs, "p999_us"),
        middle(legs, "cpu_us", 2), middle(legs, "user_us", 2), middle(legs, "system_us", 2),
        ratio(legs, yardstick, "cpu_us"),
        f"{median(leg['peak_bytes'] for leg in legs) / 1e6:.1f}", errors(legs), f"{len(legs)}",
    ]


def table(cell, rows):
    yardstick = rows.get(candidates.YARDSTICK[cell.suite], [])
    return [row(cell, name, legs, yardstick) for name, legs in rows.items()]


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
        "Python " + platform.python_version(), first_line("dnsdist", "--version"),
        (first_line("unbound", "-V") or "").replace("Version", "unbound"), (first_line("nginx", "-v") or "").rpartition(": ")[2],
        (first_line("wrk", "--version") or "").partition(" Copyright")[0], first_line("h2load", "--version"),
    ]
    return {
        "cpu": cpu, "cores": os.cpu_count(), "memory_gib": round(memory), "kernel": platform.release(),
        "versions": [version for version in versions if version],
    }


def revision():
    """The commit of what is measured, with a plus where files differ from it; None outside a repository."""
    commit = first_line("git", "-C", ROOT, "rev-parse", "--short", "HEAD")
    changed = first_line("git", "-C", ROOT, "status", "--porcelain", "--untracked-files=no", "Sources", "Package.swift")
    return commit and commit + ("+" if changed else "")


def write_json(path, result):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")
