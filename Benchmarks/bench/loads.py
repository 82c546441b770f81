"""Runs a load generator against a port and returns what it measured."""

import json
import re
import subprocess

from candidates import DNS_QUERY, DNS_REPLY, WITH_DNS
from paths import BENCHMARKS, BIN, SCRATCH

# Requests that a client of HTTP/2 has under way on a connection.
STREAMS = 4
MODES = ["keep-alive", "close", "pipeline16", "half-load"]


class LoadFailed(Exception):
    """A load generator that ended without a result."""


def pinned(command, cpus):
    prefix = ["taskset", "-c", ",".join(map(str, sorted(cpus)))] if cpus else []
    return [*prefix, *(str(part) for part in command)]


def run(command, seconds, cpus=None):
    """Runs a load generator, bounded in time; the JSON object on its last line."""
    command = pinned(command, cpus)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30)
        return json.loads(done.stdout.strip().splitlines()[-1])
    except subprocess.TimeoutExpired:
        raise LoadFailed(f"{command[0]} did not end") from None
    except (IndexError, ValueError):
        raise LoadFailed(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[-300:]}") from None


def dns_files():
    """The files that hold the DNS query and the reply that is owed to it."""
    query, reply = SCRATCH / "query.bin", SCRATCH / "reply.bin"
    query.write_bytes(DNS_QUERY)
    reply.write_bytes(DNS_REPLY)
    return query, reply


def wrk(port, cell, seconds, path="/", checked=False, cpus=None):
    command = ["wrk", "-t1", f"-c{cell.connections}", f"-d{max(1, round(seconds))}s", "--timeout", "5s"]
    command += ["-s", BENCHMARKS / "wrk" / "post.lua", f"http://127.0.0.1:{port}{path}", "--"]
    if cell.suite in WITH_DNS:
        query, reply = dns_files()
        command += ["file", query, "expect", reply, "type", "application/dns-message"]
    else:
        command += ["size", cell.body]
    command += {"close": ["close"], "pipeline16": ["pipeline", "16"]}.get(cell.mode, [])
    command += ["check"] if checked else []
    return run(command, seconds, cpus)


def http_load_watched(port, cell, seconds, warmup, rate, watch, cpus=None, more=()):
    """The result of http_load, and what `watch(its process)` said when the measured seconds began and ended."""
    command = [BIN / "http_load", "--target", f"127.0.0.1:{port}", "--connections", cell.connections, "--announce"]
    command += ["--seconds", seconds, "--warmup", warmup, "--rate", rate, "--size", cell.body, *more]
    pipe = subprocess.PIPE
    with subprocess.Popen(pinned(command, cpus), stdin=pipe, stdout=pipe, stderr=pipe, text=True) as program:
        marks = [watch(program.pid) for _ in range(2) if program.stderr.readline() in ("begin\n", "end\n")]
        output, problem = program.communicate("\n")
    if len(marks) < 2 or program.returncode != 0:
        raise LoadFailed(f"http_load failed: {problem.strip()[-300:]}")
    return json.loads(output), *marks


def http_load(port, cell, seconds, path="/", rate=0, cpus=None):
    command = [BIN / "http_load", "--target", f"127.0.0.1:{port}", "--connections", cell.connections]
    command += ["--seconds", seconds, "--warmup", 0, "--path", path, "--rate", rate]
    if cell.suite in WITH_DNS:
        query, reply = dns_files()
        command += ["--body-file", query, "--expect-file", reply, "--type", "application/dns-message"]
    else:
        command += ["--size", cell.body]
    return run(command, seconds, cpus)


def h2load(port, cell, seconds, path, cpus=None):
    """The load of HTTP/2 clients; nghttp2's generator tells no percentiles."""
    query, _ = dns_files()
    seconds = max(1, round(seconds))
    command = ["h2load", "-t1", f"-c{cell.connections}", f"-m{STREAMS}", f"-D{seconds}", "-d", query]
    command += ["-H", "content-type: application/dns-message", f"http://127.0.0.1:{port}{path}"]
    try:
        done = subprocess.run(pinned(command, cpus), capture_output=True, text=True, timeout=seconds + 30)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise LoadFailed(f"h2load: {problem}") from None
    rate = re.search(r"([\d.]+) req/s", done.stdout)
    counts = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout", done.stdout)
    if not rate or not counts:
        raise LoadFailed(f"h2load failed: {(done.stderr or done.stdout).strip()[-300:]}")
    succeeded, failed, *_ = map(int, counts.groups())
    if not succeeded:
        raise LoadFailed("h2load: no request succeeded")
    return {"requests": succeeded, "answered": succeeded, "per_second": float(rate[1]), "failed": failed}


def udp_load(port, cell, seconds, cpus=None):
    command = [BIN / "udp_load", "--target", f"127.0.0.1:{port}", "--outstanding", cell.connections]
    sockets = cell.connections if cell.body < 8 else max(1, cell.connections // 4)
    command += ["--sockets", sockets, "--seconds", max(1, round(seconds)), "--size", cell.body]
    return run(command, seconds, cpus)
