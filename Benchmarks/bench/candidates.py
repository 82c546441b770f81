"""What is measured: for each candidate how it is started, and what it needs to be there."""

import os
import resource
import shutil

from paths import BIN, HUMMINGBIRD, PEERS, SCRATCH, VENV_PYTHON
from processes import Child, accepts_tcp, answers_udp, free_port

YARDSTICK = {"gateway": "epoll", "dns": "epoll", "doh": "dnsdist", "udp": "c-server"}
DEFAULTS = {
    "gateway": ["letterbox", "epoll", "epoll-hot", "node", "go", "hummingbird", "aiohttp", "aiohttp-uvloop"],
    "dns": ["letterbox-dns", "letterbox", "epoll", "dnsdist"],
    "doh": ["nginx-letterbox", "nginx-dnsdist", "dnsdist", "unbound"],
    "udp": ["letterbox", "c-server"],
}
# The services that these ask are DNS servers, and these have one path for them.
WITH_DNS = {"dns", "doh"}
WITH_PATH = {"letterbox-dns", "dnsdist", "nginx-letterbox", "nginx-dnsdist", "unbound"}
DESCRIPTIONS = {
    "letterbox": "Letterbox, with everything on",
    "letterbox-dns": "Letterbox with `preset=dns` (RFC 8484): it checks the message and tells caches the least TTL",
    "nginx-letterbox": "the same behind nginx, which speaks HTTP/2; CPU and memory are those of both",
    "epoll": "the yardstick: a bare C epoll loop, sockets in a ring that rest 100 ms",
    "epoll-hot": "the same with a hot stack of sockets, the unsafe limit",
    "node": "Node.js, `http` and `dgram`, pooled sockets",
    "go": "Go, `net/http`, pooled sockets",
    "hummingbird": "Hummingbird 2 on SwiftNIO, pooled channels",
    "aiohttp": "Python aiohttp, asyncio datagram endpoints, pooled",
    "aiohttp-uvloop": "the same on uvloop",
    "dnsdist": "dnsdist, DNS over HTTP/1.1 and HTTP/2 without TLS",
    "nginx-dnsdist": "the same behind nginx",
    "unbound": "unbound, which answers from data of its own and so sends no datagram",
    "c-server": "the yardstick: a bare C recvmmsg/sendmmsg uppercase server",
}

# Debian keeps servers where only root looks.
SYSTEM_PATH = os.environ.get("PATH", "") + ":/usr/sbin"
NGINX = shutil.which("nginx", path=SYSTEM_PATH)
# What is measured with the same program.
LETTERBOXES = {"letterbox", "letterbox-dns", "nginx-letterbox"}
# What stands behind nginx.
BEHIND = {"nginx-letterbox": "letterbox-dns", "nginx-dnsdist": "dnsdist"}

DNS_QUERY = bytes.fromhex("123401000001000000000000" "076578616d706c6503636f6d00" "00010001")
DNS_REPLY = bytes.fromhex("123481800001000100000000" "076578616d706c6503636f6d00" "00010001") + bytes.fromhex(
    "c00c000100010000003c0004c0000201")


# Descriptors of a gateway that are neither connections nor UDP sockets, and connections beside those of the load: of those
# that come and go the gateway has some that the load has ended already.
SPARE_DESCRIPTORS, SPARE_CONNECTIONS = 200, 1000
# As many as Letterbox and bare C may have where descriptors do not forbid it.
MOST_SOCKETS = 16384


def room(connections, descriptors=None):
    """How many connections and UDP sockets a gateway may have for a load of so many connections.

    Letterbox shares out the descriptors that there are; bare C takes sockets until none is left. Both are told the same
    number, or else a run would compare how many sockets there were.
    """
    descriptors = descriptors or resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    most = connections + SPARE_CONNECTIONS
    return most, max(64, min(MOST_SOCKETS, descriptors - most - SPARE_DESCRIPTORS))


def flags_of_room(connections):
    """Those numbers as flags of Letterbox, and as flags of bare C."""
    most, sockets = room(connections)
    return ["--max-connections", most, "--max-sockets", sockets], ["--max-sockets", sockets]


def commands(letterbox, workers, connections=64):
    """For each gateway: the program that must exist, and its command line for a port and an upstream port.

    Those that can be told get room for so many connections; the others take what they need.
    """
    own, bare = flags_of_room(connections)

    def standard(*program):
        return lambda port, upstream: [*program, "--port", port, "--upstream", f"127.0.0.1:{upstream}"]

    node = shutil.which("node")
    return {
        "letterbox": (letterbox, standard(letterbox, "gateway", "--workers", workers, *own)),
        "letterbox-dns": (letterbox, lambda port, upstream: letterbox_dns(letterbox, workers, port, upstream, own)),
        "epoll": (BIN / "epoll", standard(BIN / "epoll", *bare)),
        "epoll-hot": (BIN / "epoll", standard(BIN / "epoll", "--hot", *bare)),
        "node": (node, standard(node, PEERS / "node.mjs")),
        "go": (BIN / "go-gateway", standard(BIN / "go-gateway", "--workers", workers)),
        "hummingbird": (HUMMINGBIRD, standard(HUMMINGBIRD, "--workers", workers)),
        "aiohttp": (VENV_PYTHON, standard(VENV_PYTHON, PEERS / "aiohttp_gateway.py")),
        "aiohttp-uvloop": (VENV_PYTHON, standard(VENV_PYTHON, PEERS / "aiohttp_gateway.py", "--uvloop")),
        "dnsdist": (shutil.which("dnsdist"), dnsdist),
        "unbound": (shutil.which("unbound", path=SYSTEM_PATH), unbound),
        "nginx-letterbox": (NGINX, nginx),
        "nginx-dnsdist": (NGINX if shutil.which("dnsdist") else None, nginx),
    }


def letterbox_dns(letterbox, workers, port, upstream, room):
    return [letterbox, "gateway", "--workers", workers, "--port", port, *room,
            "--service", f"/dns-query 127.0.0.1:{upstream} preset=dns"]


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


def unbound(port, _):
    """Writes unbound's configuration: DNS over HTTP/2 without TLS on `port`, and the answer as data of its own."""
    configuration = SCRATCH / "unbound.conf"
    configuration.write_text(
        f"server:\n  interface: 127.0.0.1@{port}\n  https-port: {port}\n  http-notls-downstream: yes\n"
        "  num-threads: 1\n  username: ''\n  chroot: ''\n  directory: ''\n  pidfile: ''\n  use-syslog: no\n"
        "  http-max-streams: 1000\n  incoming-num-tcp: 2000\n"
        "  local-zone: example.com. static\n  local-data: 'example.com. 60 IN A 192.0.2.1'\n"
        "remote-control:\n  control-enable: no\n")
    return [shutil.which("unbound", path=SYSTEM_PATH), "-d", "-c", configuration]


def nginx(port, backend):
    """Writes nginx' configuration: HTTP/2 without TLS on `port`, and connections that go on to the gateway behind it."""
    configuration = SCRATCH / "nginx.conf"
    configuration.write_text(
        "daemon off; master_process off; worker_processes 1;\n"
        f"pid {SCRATCH}/nginx.pid; error_log stderr;\n"
        "events { worker_connections 4096; }\n"
        "http {\n  access_log off;\n  keepalive_requests 1000000000;\n"
        + "".join(f"  {kind}_temp_path {SCRATCH}/nginx-{kind};\n"
                  for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        + f"  upstream gateway {{ server 127.0.0.1:{backend}; keepalive 256; keepalive_requests 1000000000; }}\n"
        f"  server {{\n    listen 127.0.0.1:{port} http2;\n"
        "    location / {\n      proxy_pass http://gateway; proxy_http_version 1.1;\n"
        "      proxy_set_header Connection ''; proxy_set_header Host $http_host;\n"
        "      client_body_buffer_size 64k;\n    }\n  }\n}\n")
    return [NGINX, "-c", configuration]


def missing(program):
    """Why a candidate cannot be measured, or None."""
    if program is None:
        return "not installed"
    if not shutil.which(str(program)):
        return "not built"
    return None


def start_upstream(suite, cpus=None):
    """The UDP service behind the gateways: the DNS responder or the uppercase server."""
    name, probe = ("dns_responder", DNS_QUERY) if suite in WITH_DNS else ("uppercase_server", b"probe")
    port = free_port()
    return Child(name, [BIN / name, "--port", port], port, cpus).wait_ready(answers_udp(probe))


def start_gateway(name, command, upstream_port, cpus=None, behind=None):
    """Starts a gateway; `behind` is one that stands behind it, and counts as a part of it."""
    port = free_port()
    gateway = Child(name, command(port, behind.port if behind else upstream_port), port, cpus, behind)
    return gateway.wait_ready(accepts_tcp)


def start_server(name, command, cpus=None):
    port = free_port()
    return Child(name, command(port), port, cpus).wait_ready(answers_udp(b"probe"))
