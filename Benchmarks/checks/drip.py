#!/usr/bin/env python3
"""A normal client's latency while thousands of connections drip one byte a second.

Usage: drip.py LETTERBOX [COUNT] [SECONDS]

Measures the median and p99 of a sequential keep-alive client with COUNT (default 5,000) connections that each send one
byte of a request head a second, and with as many that are open and silent, in five turns of SECONDS (default 8) each.
Those who drip are a process of their own, so that the client's times are the gateway's and not their program's.
"""
import multiprocessing
import resource
import socket
import statistics
import subprocess
import sys
import time

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nX-Padding: " + b"a" * 4000


class Drip(multiprocessing.Process):
    """COUNT connections, each fed a byte a second while `dripping` is set; those that are ended are opened anew."""

    def __init__(self, port, count):
        super().__init__(daemon=True)
        self.port, self.count = port, count
        self.dripping = multiprocessing.Event()
        self.opened = multiprocessing.Event()
        self.reopened = multiprocessing.Value("i", 0)

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.port))
        connection.setblocking(False)
        return [connection, 0]

    def run(self):
        self.sockets = [self.connect() for _ in range(self.count)]
        self.opened.set()
        while True:
            self.dripping.wait()
            began = time.monotonic()
            for index, entry in enumerate(self.sockets):
                try:
                    entry[0].send(HEAD[entry[1]:entry[1] + 1])
                    entry[1] += 1
                except OSError:
                    entry[0].close()
                    self.sockets[index] = self.connect()
                    self.reopened.value += 1
                if index % 100 == 0:
                    # Spread over the second, so that the sending itself does not come in one burst.
                    time.sleep(max(0, began + index / self.count - time.monotonic()))
            time.sleep(max(0, began + 1 - time.monotonic()))


    def expect_life(self):
        """Ends the check where this process has ended: what is measured without it says nothing."""
        if not self.is_alive():
            raise SystemExit("drip: the process that drips has ended")


def measure(port, seconds):
    """Latencies in microseconds of one request after the other."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    latencies, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.perf_counter_ns()
        connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
        reply = b""
        while b"HELLO" not in reply:
            piece = connection.recv(4096)
            if not piece:
                raise SystemExit(f"drip: no reply but {reply!r}")
            reply += piece
        latencies.append((time.perf_counter_ns() - start) / 1000)
        time.sleep(0.001)
    return latencies


def show(name, latencies):
    latencies.sort()
    print(f"{name}: {len(latencies)} requests, median {statistics.median(latencies):.0f} us, "
          f"p99 {latencies[int(len(latencies) * 0.99)]:.0f} us")


def main():
    binary = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 8
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gateway = subprocess.Popen([binary, "--port", "0", "--server-port", "0", "--workers", "1"],
                               stderr=subprocess.PIPE, text=True)
    try:
        line = next(line for line in gateway.stderr if " ready" in line)
        port = int(line.split("http://127.0.0.1:")[1].split()[0])
        measure(port, 1)
        show("alone", measure(port, seconds))
        drip = Drip(port, count)
        drip.start()
        while not drip.opened.wait(0.1):
            drip.expect_life()
        silent, dripping = [], []
        for _ in range(5):
            drip.dripping.clear()
            # The second that has begun is dripped to its end.
            time.sleep(1.5)
            silent += measure(port, seconds)
            drip.dripping.set()
            dripping += measure(port, seconds)
            drip.expect_life()
        show(f"with {count} that are silent", silent)
        show(f"with {count} that drip", dripping)
        print(f"{drip.reopened.value} dripping connections were ended by the gateway and opened anew")
        drip.kill()
    finally:
        gateway.terminate()
        gateway.wait()


main()
