"""Starts, watches and stops the programs under measurement. Every child is ended by its own pid, whatever happens."""

import atexit
import ctypes
import os
import random
import resource
import signal
import socket
import subprocess
import time

from paths import LOGS

TICKS = os.sysconf("SC_CLK_TCK")
children = []


def free_port():
    """A port free for TCP and UDP, from below the range the system gives to outgoing sockets."""
    for _ in range(1000):
        port = random.randint(20000, 32000)
        with socket.socket(type=socket.SOCK_STREAM) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tcp.bind(("127.0.0.1", port))
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SystemExit("bench: no free port")


def raise_descriptor_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def run_time(pid):
    """Time on a processor so far of all threads of a process, also those that have ended, in microseconds."""
    # The number that clock_getcpuclockid(3) makes of a process, which Python does not offer.
    return time.clock_gettime(~pid << 3 | 2) * 1e6


class Child:
    """A running program with a name, a log and a port; what it costs is told with what the program behind it costs."""

    def __init__(self, name, command, port, cpus=None, behind=None):
        LOGS.mkdir(parents=True, exist_ok=True)
        self.name, self.port, self.behind = name, port, behind
        self.log = LOGS / f"{name}.log"
        libc = ctypes.CDLL(None)

        def prepare():
            libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: do not outlive this script, even if it is killed
            if cpus:
                os.sched_setaffinity(0, cpus)

        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, preexec_fn=prepare,
            )
        children.append(self)

    @property
    def pid(self):
        return self.process.pid

    def wait_ready(self, probe, seconds=20):
        """Waits until `probe(port)` succeeds; the program's last words if it does not."""
        give_up = time.monotonic() + seconds
        while not probe(self.port):
            if self.process.poll() is not None:
                raise NotReady(f"{self.name} ended with status {self.process.returncode}: {self.last_words()}")
            if time.monotonic() > give_up:
                raise NotReady(f"{self.name} was not ready within {seconds} s: {self.last_words()}")
            time.sleep(0.01)
        return self

    def last_words(self):
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "(it said nothing)"

    def cpu(self):
        """User and system time used so far, in microseconds, all threads together."""
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        behind = self.behind.cpu() if self.behind else (0, 0)
        return tuple(int(fields[i]) * 1_000_000 / TICKS + other for i, other in zip((11, 12), behind))

    def run_time(self):
        """Time on a processor so far, in microseconds, all threads together, also those that have ended: to the nanosecond,
        but user and system in one."""
        return run_time(self.pid) + (self.behind.run_time() if self.behind else 0)

    def descriptors(self):
        """How many are open now."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def thread_times(self):
        """Time on a processor so far of each thread that there is, in microseconds."""
        times = {}
        for thread in os.listdir(f"/proc/{self.pid}/task"):
            with open(f"/proc/{self.pid}/task/{thread}/schedstat") as file:
                times[thread] = int(file.read().split()[0]) / 1000
        return times

    def connections_by_loop(self):
        """For each event loop that watches TCP connections to our port: the ports of their other ends (proc(5), fdinfo)."""
        others = {}
        with open("/proc/net/tcp") as file:
            for line in file:
                fields = line.split()
                if fields[1].endswith(f":{self.port:04X}") and fields[3] == "01":
                    others[int(fields[9])] = int(fields[2].rpartition(":")[2], 16)
        loops = []
        for descriptor in os.listdir(f"/proc/{self.pid}/fdinfo"):
            try:
                with open(f"/proc/{self.pid}/fdinfo/{descriptor}") as file:
                    watched = [int(field[4:], 16) for line in file if line.startswith("tfd:")
                               for field in line.split() if field.startswith("ino:")]
            except FileNotFoundError:
                continue  # closed meanwhile
            ports = [others[inode] for inode in watched if inode in others]
            loops += [ports] if ports else []
        return loops

    def peak_memory(self):
        """The most memory resident at one time, in bytes."""
        behind = self.behind.peak_memory() if self.behind else 0
        with open(f"/proc/{self.pid}/status") as file:
            for line in file:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024 + behind
        return behind

    def stop(self):
        if self in children:
            children.remove(self)
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.behind:
            self.behind.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class NotReady(Exception):
    """A program that could not be started."""


def stop_all():
    for child in list(children):
        child.stop()


atexit.register(stop_all)
signal.signal(signal.SIGTERM, lambda *_: exit(143))


def accepts_tcp(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def answers_udp(payload):
    """A probe that succeeds once a datagram of `payload` is answered."""

    def probe(port):
        with socket.socket(type=socket.SOCK_DGRAM) as door:
            door.settimeout(0.1)
            door.connect(("127.0.0.1", port))
            try:
                door.send(payload)
                return bool(door.recv(65535))
            except OSError:
                return False

    return probe


def udp_drops(port):
    """How many datagrams the server on `port` lost because its queue was full."""
    with open("/proc/net/udp") as file:
        for line in file:
            fields = line.split()
            if fields[1].endswith(f":{port:04X}") and fields[2].startswith("00000000"):
                return int(fields[-1])
    return 0
