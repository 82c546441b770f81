"""Builds the peers and the load generators into .build-bench/. What cannot be built is named, never guessed."""

import os
import shutil
import subprocess

from candidates import LETTERBOXES
from paths import BENCHMARKS, BIN, HUMMINGBIRD, PEERS, ROOT, SCRATCH, VENV_PYTHON

C_PROGRAMS = ["epoll", "uppercase_server", "dns_responder", "http_load", "udp_load"]
C_FLAGS = ["-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror"]


def is_newer(product, sources):
    """Whether `product` was made after every one of `sources`."""
    return product.exists() and all(product.stat().st_mtime >= source.stat().st_mtime for source in sources)


def run(command, **options):
    """Runs a build step; returns None, or the last lines of what it said."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)
    if done.returncode == 0:
        return None
    return "\n".join((done.stdout + done.stderr).strip().splitlines()[-5:])


def build_c():
    compiler = shutil.which("clang") or shutil.which("gcc")
    if compiler is None:
        raise SystemExit("bench: neither clang nor gcc is installed, and the load generators need one")
    headers = list(PEERS.glob("*.h"))
    for name in C_PROGRAMS:
        source, product = PEERS / f"{name}.c", BIN / name
        if is_newer(product, [source, *headers]):
            continue
        problem = run([compiler, *C_FLAGS, "-o", product, source])
        if problem:
            raise SystemExit(f"bench: {name}.c does not compile:\n{problem}")


def build_go():
    source, product = PEERS / "gateway.go", BIN / "go-gateway"
    if is_newer(product, [source]):
        return None
    if shutil.which("go") is None:
        return "go is not installed (Debian: golang-go)"
    return run(["go", "build", "-o", product, source], env={**os.environ, "GO111MODULE": "off"})


def build_python():
    modules = "import aiohttp, uvloop"
    if VENV_PYTHON.exists() and run([VENV_PYTHON, "-c", modules]) is None:
        return None
    problem = run(["python3", "-m", "venv", SCRATCH / "venv"])
    return problem or run([VENV_PYTHON, "-m", "pip", "install", "--quiet", "aiohttp", "uvloop"])


def build_hummingbird():
    package = BENCHMARKS / "hummingbird-gateway"
    if is_newer(HUMMINGBIRD, [package / "Package.swift", *package.rglob("Sources/**/*.swift")]):
        return None
    if shutil.which("swift") is None:
        return "swift is not installed"
    print("building hummingbird-gateway, which takes minutes the first time ...", flush=True)
    problem = run(["swift", "build", "-c", "release", "--scratch-path", SCRATCH / "hummingbird"], cwd=package)
    if problem is None:
        HUMMINGBIRD.touch()
    return problem


def build_letterbox():
    if shutil.which("swift") is None:
        return "swift is not installed"
    print("building letterbox ...", flush=True)
    return run(["swift", "build", "-c", "release", "--static-swift-stdlib", "--product", "letterbox"], cwd=ROOT)


def build(names):
    """Builds the load generators and what the candidates `names` need; returns {name: why it could not be built}."""
    BIN.mkdir(parents=True, exist_ok=True)
    build_c()
    steps = {
        "go": build_go,
        "aiohttp": build_python,
        "aiohttp-uvloop": build_python,
        "hummingbird": build_hummingbird,
        "letterbox": build_letterbox,
    }
    names = {name: "letterbox" if name in LETTERBOXES else name for name in names}
    problems = {step: steps[step]() for step in dict.fromkeys(names.values()) if step in steps}
    return {name: problems[step] for name, step in names.items() if problems.get(step)}
