"""What is measured: for each candidate how it is started, and what it needs to be there."""

import shutil

from paths import BIN, HUMMINGBIRD, PEERS, SCRATCH, VENV_PYTHON
from processes import Child, accepts_tcp, answers_udp, free_port

YARDSTICK = {"gateway": "epoll", "dns": "epoll", "udp": "c-server"}
DEFAULTS = {
    "gateway": ["letterbox", "epoll", "epoll-hot", "node", "go", "hummingbird", "aiohttp", "aiohttp-uvloop"],
    "dns": ["letterbox", "epoll", "dnsdist"],
    "udp": ["letterbox", "c-server"],
}
HEADINGS = {"gateway": "Gateways", "dns": "DNS over HTTP", "udp": "The UDP server"}
DESCRIPTIONS = {
    "letterbox": "Letterbox, with everything on",
    "epoll": "the yardstick: a bare C epoll loop, sockets in a ring that rest 100 ms",
    "epoll-hot": "the same with a hot stack of sockets, the unsafe limit",
    "node": "Node.js, `http` and `dgram`, pooled sockets",
    "go": "Go, `net/http`, pooled sockets",
    "hummingbird": "Hummingbird 2 on SwiftNIO, pooled channels",
    "aiohttp": "Python aiohttp, asyncio datagram endpoints, pooled",
    "aiohttp-uvloop": "the same on uvloop",
    "dnsdist": "dnsdist, DNS over HTTP/1.1 without TLS",
    "c-server": "the yardstick: a bare C recvmmsg/sendmmsg uppercase server",
}

DNS_QUERY = bytes.fromhex("123401000001000000000000" "076578616d706c6503636f6d00" "00010001")
DNS_REPLY = bytes.fromhex("123481800001000100000000" "076578616d706c6503636f6d00" "00010001") + bytes.fromhex(
    "c00c000100010000003c0004c0000201")


def commands(letterbox, workers):
    """For each gateway: the program that must exist, and its command line for a port and an upstream port."""

    def standard(*program):
        return lambda port, upstream: [*program, "--port", port, "--upstream", f"127.0.0.1:{upstream}"]

    node = shutil.which("node")
    return {
        "letterbox": (letterbox, standard(letterbox, "gateway", "--workers", workers)),
        "epoll": (BIN / "epoll", standard(BIN / "epoll")),
        "epoll-hot": (BIN / "epoll", standard(BIN / "epoll", "--hot")),
        "node": (node, standard(node, PEERS / "node.mjs")),
        "go": (BIN / "go-gateway", standard(BIN / "go-gateway", "--workers", workers)),
        "hummingbird": (HUMMINGBIRD, standard(HUMMINGBIRD, "--workers", workers)),
        "aiohttp": (VENV_PYTHON, standard(VENV_PYTHON, PEERS / "aiohttp_gateway.py")),
        "aiohttp-uvloop": (VENV_PYTHON, standard(VENV_PYTHON, PEERS / "aiohttp_gateway.py", "--uvloop")),
        "dnsdist": (shutil.which("dnsdist"), dnsdist),
    }


def server_commands(letterbox, workers):
    """For each UDP server: the program that must exist, and its command line for a port."""
    server = [letterbox, "server", "--host", "127.0.0.1", "--workers", workers]
    return {
        "letterbox": (letterbox, lambda port: [*server, "--port", port]),
        "c-server": (BIN / "uppercase_server", lambda port: [BIN / "uppercase_server", "--port", port]),
    }


def dnsdist(port, upstream):
    """Writes dnsdist's configuration: DNS over HTTP on `port`, one backend, and no calls to the outside."""
    configuration = SCRATCH / "dnsdist.conf"
    configuration.write_text(
        "setSecurityPollSuffix('')\n"
        f"setLocal('127.0.0.1:{free_port()}')\n"
        f"addDOHLocal('127.0.0.1:{port}', nil, nil, '/dns-query')\n"
        f"newServer({{address='127.0.0.1:{upstream}', sockets=8}}):setUp()\n"
    )
    return ["dnsdist", "--supervised", "--disable-syslog", "-C", configuration]


def missing(program):
    """Why a candidate cannot be measured, or None."""
    if program is None:
        return "not installed"
    if not shutil.which(str(program)):
        return "not built"
    return None


def start_upstream(suite, cpus=None):
    """The UDP service behind the gateways: the DNS responder or the uppercase server."""
    name, probe = ("dns_responder", DNS_QUERY) if suite == "dns" else ("uppercase_server", b"probe")
    port = free_port()
    return Child(name, [BIN / name, "--port", port], port, cpus).wait_ready(answers_udp(probe))


def start_gateway(name, command, upstream_port, cpus=None):
    port = free_port()
    return Child(name, command(port, upstream_port), port, cpus).wait_ready(accepts_tcp)


def start_server(name, command, cpus=None):
    port = free_port()
    return Child(name, command(port), port, cpus).wait_ready(answers_udp(b"probe"))
