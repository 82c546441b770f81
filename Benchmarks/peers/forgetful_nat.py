"""A way to a UDP service that keeps an entry for each client's port, and forgets on demand those that it has.

Usage: forgetful_nat.py HOST:PORT

Prints its port. For each line of standard input the entries go, and what their ports send is dropped from then on, for
ever, as behind a NAT or a balancer that has lost them; it prints how many those were. Ends with standard input.
"""
import selectors
import socket
import sys


class Nat:
    def __init__(self, service):
        self.service = service
        self.entries, self.dead = {}, set()
        self.door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.door.bind(("127.0.0.1", 0))
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.door, selectors.EVENT_READ, self.carry_out)
        self.selector.register(sys.stdin, selectors.EVENT_READ, None)

    def carry_out(self):
        datagram, client = self.door.recvfrom(65536)
        if client in self.dead:
            return
        if client not in self.entries:
            entry = self.entries[client] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            entry.connect(self.service)
            self.selector.register(entry, selectors.EVENT_READ, lambda: self.door.sendto(entry.recv(65536), client))
        self.entries[client].send(datagram)

    def forget(self):
        for entry in self.entries.values():
            self.selector.unregister(entry)
            entry.close()
        self.dead.update(self.entries)
        print(len(self.entries), flush=True)
        self.entries = {}

    def run(self):
        print(self.door.getsockname()[1], flush=True)
        while True:
            for key, _ in self.selector.select():
                if key.data is None:
                    if not sys.stdin.readline():
                        return
                    self.forget()
                    break  # the others of this round may have gone
                try:
                    key.data()
                except OSError:
                    pass  # what became of an earlier datagram


if __name__ == "__main__":
    host, port = sys.argv[1].split(":")
    Nat((host, int(port))).run()
