"""The programs that scripts start, what they ask of a gateway, and the options that all scripts have alike."""

import argparse
import collections
import http.client
import json
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Benchmarks/bench"))
import build as benchmarks  # noqa: E402: the line above is what makes these importable
from paths import BIN, LETTERBOX, PEERS  # noqa: E402
from processes import accepts_tcp, free_port, raise_descriptor_limit  # noqa: E402, F401: scripts take them from here

LOAD = BIN / "http_load"
PLAIN_GATEWAY = BIN / "epoll"
# Debian keeps servers where only root looks for programs.
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
# At most so many seconds for anything that is waited for.
PATIENCE = 60


def build():
    """Builds the release."""
    if problem := benchmarks.build_letterbox():
        raise SystemExit(problem)


def build_with_load():
    """Builds the release, and the programs of the benchmarks in C."""
    build()
    benchmarks.build([])


def options(description):
    """A parser of options that shows a script's own description as it stands."""
    return argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)


def program(path):
    """A program on the command line: a name without a folder is a file here, and not one that PATH leads to."""
    return pathlib.Path(path).resolve()


def wait_until(condition, what, seconds=PATIENCE, pause=0.02, process=None):
    """Returns when the condition holds; the end of the script where it does not come to that, or the process has ended."""
    give_up = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > give_up or process and process.poll() is not None:
            raise SystemExit(f"This did not come: {what}.")
        time.sleep(pause)


class Running:
    """A process that ends with a `with`, at the latest."""

    def __init__(self, *command, **more):
        self.process = subprocess.Popen([str(word) for word in command], **more)

    def end(self, how=signal.SIGTERM):
        """Ends it, if it has not ended, and waits for it; its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


class Program(Running):
    """A subcommand of Letterbox that is ready, at the address in the line that says so."""

    def __init__(self, *arguments, letterbox=LETTERBOX, within=(), ready="", stdout=subprocess.DEVNULL):
        super().__init__(*within, letterbox, *arguments, stdout=stdout, stderr=subprocess.PIPE, text=True)
        # The last of its lines, and all are read, or the pipe would fill.
        self.log = collections.deque(maxlen=20)
        for line in self.process.stderr:
            self.log.append(line)
            if line.startswith(ready) and " ready" in line and "://" in line:
                break
        else:
            raise SystemExit(f"{arguments} ended: {''.join(self.log)}")
        self.address = line.split("://")[1].split()[0]
        threading.Thread(target=self.log.extend, args=(self.process.stderr,), daemon=True).start()

    @property
    def port(self):
        return self.address.rsplit(":", 1)[1]


def server(host="127.0.0.1", port=0, **more):
    """The UDP server that answers in capitals."""
    return Program("server", "--host", host, "--port", port, **more)


class Peer(Running):
    """A service or a way to one that misbehaves, from Benchmarks/peers; it ends with its standard input."""

    def __init__(self, name, *arguments):
        super().__init__(sys.executable, PEERS / name, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = f"127.0.0.1:{self.process.stdout.readline().strip()}"

    def ask(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def start_load(address, *flags):
    """Starts the load generator."""
    command = [LOAD, "--target", address, *flags]
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, text=True)


def load_result(loading):
    """Waits for the end of the load generator; what it saw."""
    output = loading.communicate()[0]
    if not output:
        raise SystemExit(f"The load generator ended with {loading.returncode} and told nothing.")
    return json.loads(output)


def load(address, *flags):
    return load_result(start_load(address, *flags))


def get(address, path):
    """The status and the text that a gateway answers with."""
    connection = http.client.HTTPConnection(address, timeout=30)
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.read().decode()


def metrics(address):
    return get(address, "/metrics")[1]


def counters(address):
    """The gateway's counters, those of several addresses added up."""
    found = collections.Counter()
    for line in metrics(address).splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            found[name.split("{upstream=")[0]] += float(value)
    return found


def connect(address):
    """A TCP connection on which each write is sent at once."""
    host, port = address.split(":")
    connection = socket.create_connection((host, int(port)), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection
