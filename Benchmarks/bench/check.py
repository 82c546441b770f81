"""Is every gateway right? A figure of a gateway that answers wrongly says nothing."""

import socket

import candidates
from processes import NotReady, free_port

HELLO = b"hello, world"


class Client:
    """A keep-alive connection that writes bytes and reads whole responses."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = self.socket.makefile("rb")

    def write(self, data):
        self.socket.sendall(data)

    def response(self):
        """(status, body) of the next response; ConnectionError if there is none."""
        status_line = self.reader.readline()
        if not status_line.startswith(b"HTTP/1.1 "):
            raise ConnectionError(f"no response but {status_line!r}")
        length = None
        while (line := self.reader.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if length is None:
            raise ConnectionError("a response without Content-Length")
        return int(status_line.split()[1]), self.reader.read(length)

    def exchange(self, body):
        self.write(request(body))
        return self.response()

    def at_end(self):
        return self.reader.read(1) == b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.reader.close()
        self.socket.close()


def request(body, *fields):
    head = ["POST / HTTP/1.1", "Host: localhost", "Content-Type: text/plain", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join([*head, "", ""]).encode() + body


def bodies_of_all_kinds(port):
    with Client(port) as client:
        for body in (HELLO, b"x", bytes(range(128)), b"q" * 1400, b"w" * 16000, b"z" * 60000, b"e" * 65507):
            assert client.exchange(body) == (200, body.upper()), f"a body of {len(body)} bytes"


def empty_body(port):
    with Client(port) as client:
        assert client.exchange(b"") == (200, b""), "an empty body is not an empty datagram"


def pipelined(port):
    bodies = [b"number %d of the pipeline" % i for i in range(40)]
    with Client(port) as client:
        client.write(b"".join(request(body) for body in bodies))
        for body in bodies:
            assert client.response() == (200, body.upper())


def byte_by_byte(port):
    with Client(port) as client:
        for byte in request(HELLO):
            client.write(bytes([byte]))
        assert client.response() == (200, HELLO.upper())


def connection_close(port):
    with Client(port) as client:
        client.write(request(HELLO, "Connection: close"))
        assert client.response() == (200, HELLO.upper())
        assert client.at_end(), "the connection stays open"


def too_long(port):
    with Client(port) as client:
        status, _ = client.exchange(b"t" * 65508)
        assert status == 413, f"status {status}"


def hello_status(port):
    """The status of a response, which comes before the client's own timeout."""
    with Client(port) as client:
        return client.exchange(HELLO)[0]


def upstream_down(port):
    for _ in range(3):
        status = hello_status(port)
        assert status in (502, 504), f"status {status}"


def upstream_silent(port):
    status = hello_status(port)
    assert status == 504, f"status {status}"


WITH_UPSTREAM = [bodies_of_all_kinds, empty_body, pipelined, byte_by_byte, connection_close, too_long]


def check_gateway(name, command, cpus=None):
    """Runs all checks; returns {check: None, or what was wrong}."""
    results = {}

    def attempt(check, upstream_port):
        try:
            with candidates.start_gateway(name, command, upstream_port, cpus) as gateway:
                check(gateway.port)
            results[check.__name__] = None
        except (AssertionError, OSError, NotReady) as problem:
            results[check.__name__] = str(problem) or type(problem).__name__

    with candidates.start_upstream("gateway") as upstream:
        for check in WITH_UPSTREAM:
            attempt(check, upstream.port)
    attempt(upstream_down, free_port())
    with socket.socket(type=socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        attempt(upstream_silent, silent.getsockname()[1])
    return results


def check_all(names, commands, problems):
    """Checks the named gateways and prints what each did; true if all are right, and there were some."""
    right, checked = True, 0
    for name in names:
        program, command = commands[name]
        if why := problems.get(name) or candidates.missing(program):
            print(f"{name}: left out, {why}")
            # Its old binary would pass.
            right = right and name not in problems
            continue
        checked += 1
        results = check_gateway(name, command)
        wrong = {check: problem for check, problem in results.items() if problem}
        print(f"{name}: {len(results) - len(wrong)} of {len(results)} checks passed", flush=True)
        for check, problem in wrong.items():
            print(f"    {check.replace('_', ' ')}: {problem}")
        right = right and not wrong
    if checked == 0:
        print("No gateway was checked: --candidates takes some of the suite gateway.")
    return right and checked > 0
