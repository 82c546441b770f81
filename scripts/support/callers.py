"""Callers that post without end while something happens to a gateway, and count their replies."""

import http.client
import threading

from support.programs import PATIENCE, wait_until


class Caller(threading.Thread):
    """Posts one letter after another until it is told to end: a kind of it says how, in `post`."""

    # Seconds between two letters.
    pause = 0

    def __init__(self, number):
        super().__init__(daemon=True)
        self.number = number
        self.asked = self.answered = 0
        self.is_over = threading.Event()
        self.lost = []

    def run(self):
        while not self.is_over.wait(self.pause):
            self.post()

    def letter(self):
        self.asked += 1
        return b"letter %d %d" % (self.number, self.asked)

    def count(self, letter, status, reply):
        """A letter is answered when its own capitals come back with 200."""
        if (status, reply) == (200, letter.upper()):
            self.answered += 1
        else:
            self.lost.append(f"{status} {reply[:200]!r}")


class Kept(Caller):
    """Posts on one connection, which `connect` opens, for as long as the other side keeps it."""

    connection = None

    def __init__(self, number, connect):
        super().__init__(number)
        self.connect = connect

    def post(self):
        letter = self.letter()
        try:
            # http.client has closed a connection whose response said so, and opens it anew.
            self.connection = self.connection or self.connect()
            self.connection.request("POST", "/", letter)
            response = self.connection.getresponse()
            self.count(letter, response.status, response.read())
        except (OSError, http.client.HTTPException) as error:
            self.lost.append(repr(error))
            self.hang_up()

    def hang_up(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class Fresh(Kept):
    """Posts each letter on a connection of its own."""

    def post(self):
        super().post()
        self.hang_up()


class Callers:
    """Several callers, which post while a `with` lasts, and what all of them asked and got."""

    def __init__(self, callers):
        self.all = list(callers)

    def __enter__(self):
        for caller in self.all:
            caller.start()
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        for caller in self.all:
            caller.is_over.set()
        self.join()

    def join(self):
        for caller in self.all:
            caller.join(PATIENCE)

    def wait_for_answers(self, count=20):
        """Until each caller has got some more."""
        before = [caller.answered for caller in self.all]
        wait_until(lambda: all(now.answered >= then + count for now, then in zip(self.all, before)), "more answers", pause=0.001)

    @property
    def asked(self):
        return sum(caller.asked for caller in self.all)

    @property
    def answered(self):
        return sum(caller.answered for caller in self.all)

    @property
    def lost(self):
        return [what for caller in self.all for what in caller.lost]
