"""A UDP service that answers each datagram two or three times in capitals: soon, and again up to some seconds later.

Usage: several_replies.py [--late SECONDS] [--soon SECONDS] [--seed N]

Prints its port, and at the end of standard input how many replies it has sent.
"""
import argparse
import heapq
import random
import select
import socket
import sys
import time


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--late", type=float, default=20, help="the latest that a further reply comes after the first")
    options.add_argument("--soon", type=float, default=0.01, help="when the first reply comes")
    options.add_argument("--seed", type=int, default=7)
    chosen = options.parse_args()
    chance = random.Random(chosen.seed)
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    door.bind(("127.0.0.1", 0))
    door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    door.setblocking(False)
    print(door.getsockname()[1], flush=True)
    due, order, sent = [], 0, 0
    while True:
        now = time.monotonic()
        while due and due[0][0] <= now:
            _, _, reply, client = heapq.heappop(due)
            try:
                door.sendto(reply, client)
            except OSError:
                pass  # what became of an earlier reply
            sent += 1
        pause = max(0, due[0][0] - now) if due else None
        ready, _, _ = select.select([door, sys.stdin], [], [], pause)
        if sys.stdin in ready:
            break
        while ready:
            try:
                datagram, client = door.recvfrom(65536)
            except BlockingIOError:
                break
            except OSError:
                continue
            first = time.monotonic() + chosen.soon
            delays = [0, *(chance.uniform(0, chosen.late) for _ in range(chance.randint(1, 2)))]
            for delay in delays:
                order += 1
                heapq.heappush(due, (first + delay, order, datagram.upper(), client))
    print(sent)


if __name__ == "__main__":
    main()
