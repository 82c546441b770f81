#!/usr/bin/env python3
"""Resident memory of idle keep-alive connections that made one request each.

Usage: idle_connections.py LETTERBOX [COUNT]

Starts the gateway with one worker, opens COUNT connections (default 8,000), posts once on each, sees that the gateway
says that all are open, and compares its resident memory with that before: at once, and after five seconds.
"""
import resource
import socket
import subprocess
import sys
import time
import urllib.request

REST = 5


def resident(pid):
    """Resident memory in bytes (proc(5), smaps_rollup: Rss)."""
    for line in open(f"/proc/{pid}/smaps_rollup"):
        if line.startswith("Rss:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("no Rss")


def post(port):
    """A connection that has made one request and stays open."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
    reply = b""
    while b"HELLO" not in reply:
        piece = connection.recv(4096)
        if not piece:
            raise SystemExit(f"no reply but {reply!r}")
        reply += piece
    assert reply.startswith(b"HTTP/1.1 200"), reply
    return connection


def open_connections(port):
    """How many connections the gateway says are open."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("letterbox_http_connections "))


def main():
    binary = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 8000
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gateway = subprocess.Popen(
        [binary, "--port", "0", "--server-port", "0", "--workers", "1", "--idle-timeout", "600s",
         "--max-connections", str(count + 1000), "--max-sockets", "4096"],
        stderr=subprocess.PIPE, text=True)
    try:
        line = next(line for line in gateway.stderr if " ready" in line)
        port = int(line.split("http://127.0.0.1:")[1].split()[0])
        # A first round, closed again, leaves what the allocator and the tables keep.
        for connection in [post(port) for _ in range(200)]:
            connection.close()
        before = resident(gateway.pid)
        held = [post(port) for _ in range(count)]
        busy = resident(gateway.pid)
        time.sleep(REST)
        assert open_connections(port) >= count, open_connections(port)
        idle = resident(gateway.pid)
        print(f"{count} idle connections: {before / 1e6:.1f} MB before, {busy / 1e6:.1f} MB at once, "
              f"{(busy - before) / count:.0f} bytes each; {idle / 1e6:.1f} MB after {REST} s, "
              f"{(idle - before) / count:.0f} bytes each")
        assert len(held) == count
    finally:
        gateway.terminate()
        gateway.wait()


main()
