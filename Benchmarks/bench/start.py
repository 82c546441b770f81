"""The program's cost before there is any request, and between requests."""

import re
import subprocess
import time
from statistics import median

from paths import BENCHMARKS
from processes import NotReady

STARTS = 20
SERVICES = 64
# The starts, and the check of idle connections.
SECONDS = 30


def start_milliseconds(letterbox, services=0):
    """From just before fork and exec to the line that says it is ready."""
    command = [letterbox, "gateway", "--port", "0", "--workers", "1", *([] if services else ["--server-port", "0"])]
    # Nothing has to be there: a gateway is ready before its services are.
    command += [word for number in range(services) for word in ("--service", f"/s{number:02} 127.0.0.1:{20000 + number}")]
    begin = time.monotonic()
    with subprocess.Popen([str(word) for word in command], stderr=subprocess.PIPE, text=True) as program:
        line = next((line for line in program.stderr if " ready" in line), "")
        took = time.monotonic() - begin
        program.terminate()
        program.wait(10)
    if "ready" not in line:
        raise NotReady(f"letterbox did not start with {services} services")
    return took * 1000


def idle_bytes(letterbox):
    """How many idle connections there were, and the resident bytes of each, at once and later, in the check's words."""
    script = BENCHMARKS / "checks" / "idle_connections.py"
    done = subprocess.run(["python3", script, letterbox], capture_output=True, text=True, check=True, timeout=120)
    count, fresh, idle = re.search(r"(\d+) idle connections.* (\d+) bytes each;.* (\d+) bytes each", done.stdout).groups()
    return int(count), int(fresh), int(idle)


def measure(options):
    """The table of the suite `start`."""
    times = {services: [start_milliseconds(options.letterbox, services) for _ in range(STARTS)] for services in (0, SERVICES)}
    count, fresh, idle = idle_bytes(options.letterbox)
    size = options.letterbox.stat().st_size / 1e6
    rows = [[f"start to ready{f', {services} services' if services else ''}, ms", f"{median(found):.1f}",
             f"{min(found):.1f} to {max(found):.1f} in {STARTS} starts"] for services, found in times.items()]
    rows += [
        ["an idle connection, bytes resident", f"{idle}", f"{count:,} keep-alive connections that made one request each, after 5 s"],
        ["the same at once, bytes resident", f"{fresh}", "as soon as each has made its request"],
        ["the program, MB", f"{size:.1f}", "the file"],
    ]
    raw = {"start_ms": median(times[0]), "start_ms_of_many": median(times[SERVICES]), "idle_bytes": idle, "fresh_bytes": fresh}
    return {"title": "Before and between requests", "text": "", "columns": ["what", "median", "how"], "rows": rows, "raw": raw}
