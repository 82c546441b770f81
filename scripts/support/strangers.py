"""A stranger that sends to every port of this host."""

import socket
import sys

from support.programs import Running

# Sends to every port that the kernel gives to sockets, from an address and a port that no gateway has asked.
STRANGER = """
import socket, time
first, last = map(int, open("/proc/sys/net/ipv4/ip_local_port_range").read().split())
door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
door.bind(("127.0.0.9", 0))
while True:
    for port in range(first, last + 1):
        try: door.sendto(b"00000000 FOREIGN", ("127.0.0.1", port))
        except OSError: pass
        if port % 500 == 0: time.sleep(0.005)
"""


class Strangers(Running):
    """A stranger that sprays ports, and an unconnected socket, to show that the spray reaches it."""

    def __init__(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as witness:
            witness.bind(("127.0.0.1", 0))
            witness.settimeout(30)
            super().__init__(sys.executable, "-c", STRANGER)
            witness.recv(100)

    def __exit__(self, *_):
        if self.process.poll() is not None:
            raise SystemExit("The stranger ended too early.")
        self.end()
