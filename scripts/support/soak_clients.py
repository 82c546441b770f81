"""The callers of a soak, and the mover of its service: each in the background, until the end."""

import collections
import http.client
import json
import signal
import socket
import struct
import threading
import time

from support.moving import wait_until_left
from support.programs import connect, server, start_load

# Seconds between two looks at the load, and between two moves.
EVERY, MOVE = 5, 15
IDLE_MOST = 400


class Load:
    """The load generator, and what it tells of every few seconds."""

    def __init__(self, address, seconds, *flags, told=lambda line: None):
        self.process = start_load(address, "--seconds", seconds, "--warmup", 0, "--every", EVERY, *flags)
        self.told, self.result = told, None
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            found = json.loads(line)
            if "at" in found:
                self.told(found)
            else:
                self.result = found

    def wait(self):
        self.process.wait()
        self.thread.join()
        if self.result is None:
            raise SystemExit(f"The load generator ended with {self.process.returncode} and told nothing.")
        return self.result

    def end(self):
        self.process.kill()
        self.process.wait()


class Background(threading.Thread):
    """Something that is done again and again until the end; what goes wrong with it ends the run."""

    def __init__(self, pause):
        super().__init__(daemon=True)
        self.pause, self.is_over, self.problem = pause, threading.Event(), None

    def run(self):
        try:
            while not self.is_over.wait(self.pause):
                self.turn()
        except BaseException as problem:
            self.problem = problem

    def end(self):
        self.is_over.set()
        if self.is_alive():
            self.join()


class Clients(Background):
    """A part of the clients, in Python."""

    def __init__(self, address, pause):
        super().__init__(pause)
        self.address = address
        self.asked, self.held = 0, collections.deque()

    def end(self):
        super().end()
        while self.held:
            self.held.popleft().close()


class Idle(Clients):
    """Connections that ask once and are then kept."""

    def __init__(self, address):
        super().__init__(address, 0.05)
        self.wrong, self.lost, self.statuses = 0, 0, collections.Counter()

    def turn(self):
        # The gateway is the first to end some of them (--idle-timeout), and we the first to end the others.
        if len(self.held) >= IDLE_MOST:
            self.held.popleft().close()
        connection = http.client.HTTPConnection(self.address, timeout=30)
        self.held.append(connection)
        self.asked += 1
        letter = b"idle %08d" % self.asked
        connection.request("POST", ["/", "/moving"][self.asked % 2], letter)
        try:
            response = connection.getresponse()
            self.judge(response.status, response.read() == letter.upper())
        except http.client.HTTPException:
            self.lost += 1

    def judge(self, status, is_right):
        self.statuses[status] += 1
        if status == 200 and not is_right:
            self.wrong += 1

    @property
    def result(self):
        """In the load generator's words."""
        return {"answered": sum(self.statuses.values()), "statuses": dict(self.statuses), "wrong": self.wrong, "failed": self.lost,
                "unanswered": 0}


class Rude(Clients):
    """Clients that break the rules."""

    KINDS = [b"POST / HTTP/1.1\r\nHo", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf of it", b"\x16\x03\x01\x02\x00\x01\x00",
             b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nrude", b"P"]

    def turn(self):
        """One of each kind: all but the last are cut with a reset or ended, and that one stays until the gateway has had enough."""
        self.asked += 1
        for number, start in enumerate(self.KINDS):
            connection = connect(self.address)
            connection.sendall(start)
            if start == b"P":
                self.held.append(connection)
                continue
            if (self.asked + number) % 2:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
        if len(self.held) > 50:
            self.held.popleft().close()


class Mover(Background):
    """Moves the name to and fro, and has the server killed that it has left."""

    def __init__(self, moving, servers, gateway):
        super().__init__(MOVE)
        self.moving, self.servers, self.gateway = moving, servers, gateway
        self.place, self.moves = 0, 0

    def turn(self):
        old, new = self.servers[self.place], 1 - self.place
        self.moving.move(2 + new)
        wait_until_left(self.gateway, old, 0.2)
        # Exchanges under way there end within --timeout, 2 s.
        time.sleep(2.5)
        old.end(signal.SIGKILL)
        self.servers[self.place] = server(*old.address.split(":"))
        self.place, self.moves = new, self.moves + 1
