"""A name that moves from one address to another while a gateway runs."""

import os
import tempfile

from support.programs import metrics, wait_until


class MovingName:
    """The name of a service at 127.0.0.2 or 127.0.0.3, in a file that one program sees in the place of /etc/hosts."""

    name = "service.test"

    def __init__(self):
        self.file = tempfile.NamedTemporaryFile()
        self.move(2)

    def move(self, place):
        # The same length, in one write: a reader finds the one or the other.
        os.pwrite(self.file.fileno(), f"127.0.0.1 localhost\n127.0.0.{place} {self.name}\n".encode(), 0)

    @property
    def within(self):
        """The words in front of a command that is to know the name."""
        mount = 'mount --bind "$0" /etc/hosts && exec "$@"'
        return ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, self.file.name]


def wait_until_left(gateway, old, pause):
    """Waits until a gateway has no more of the server's old address; how often it was asked."""
    looks = 0

    def is_left():
        nonlocal looks
        looks += 1
        return f'upstream="{old.address}"' not in metrics(gateway.address)

    wait_until(is_left, "the news of the move", 30, pause)
    return looks
