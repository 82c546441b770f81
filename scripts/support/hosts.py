"""Hosts in network namespaces of their own: three gateways, two UDP services, and a proxy with its file of deploy/."""

import http.client
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys

from support.programs import LETTERBOX, PATH, ROOT, Program, Running, build, counters, metrics, wait_until

SITE = "letterbox.example"
CALLER, PROXY = "198.51.100.1", "198.51.100.2"
GATEWAYS = {f"letterbox{n}": f"198.51.100.1{n}" for n in (1, 2, 3)}
SERVICES = {f"uppercase{n}": f"198.51.100.2{n}" for n in (1, 2)}
DRAIN_DELAY = 3

# The main file of nginx is Debian's business; deploy/nginx.conf is for its conf.d.
NGINX = """
daemon off;
user root;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 768; }}
http {{
    access_log off;
    client_body_temp_path {folder};
    proxy_temp_path {folder};
    fastcgi_temp_path {folder};
    uwsgi_temp_path {folder};
    scgi_temp_path {folder};
    include {folder}/proxy.conf;
}}
"""
# name: file of deploy, command
PROXIES = {
    "haproxy": ("haproxy.cfg", "haproxy -db -f {folder}/proxy.conf"),
    "nginx": ("nginx.conf", "nginx -c {folder}/main.conf"),
    "caddy": ("Caddyfile", "caddy run --adapter caddyfile --config {folder}/proxy.conf"),
}


def run(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, text=True, **options).stdout


class Host:
    """A network namespace with one interface at the switch."""

    def __init__(self, name, address):
        self.name, self.address = name, address
        run("ip", "netns", "add", name)
        run("ip", "link", "add", "name", name, "type", "veth", "peer", "name", "net", "netns", name)
        run("ip", "link", "set", name, "master", "lan", "up")
        for words in (["link", "set", "lo", "up"], ["address", "add", f"{address}/24", "dev", "net"],
                      ["link", "set", "net", "up"]):
            run("ip", "-n", name, *words)

    @property
    def within(self):
        """The words in front of a command that is to run here."""
        return ["ip", "netns", "exec", self.name]

    def is_connected(self, yes):
        run("ip", "link", "set", self.name, "up" if yes else "down")


class Fleet:
    """All hosts, and what runs on them; within namespaces that end with this program."""

    def __init__(self, letterbox, folder, gateway_flags=()):
        self.letterbox, self.folder = letterbox, pathlib.Path(folder)
        self.gateway_flags = gateway_flags
        self.programs = {}
        for words in ("link set lo up", "link add lan type bridge", f"address add {CALLER}/24 dev lan", "link set lan up"):
            run("ip", *words.split())
        (self.folder / "hosts").touch()
        self.name_services(SERVICES.values())
        run("mount", "--bind", str(self.folder / "hosts"), "/etc/hosts")
        self.hosts = {name: Host(name, address) for name, address in [("proxy", PROXY), *GATEWAYS.items(), *SERVICES.items()]}
        make_certificates(self.folder)
        for name in SERVICES:
            self.start_service(name)
        for name in GATEWAYS:
            self.start_gateway(name)

    def name_services(self, addresses):
        """Writes the file of names in place, for what is mounted is this file and no other; it is whole at every moment."""
        lines = ["127.0.0.1 localhost", f"{PROXY} {SITE}"]
        lines += [f"{address} {name}.internal" for name, address in GATEWAYS.items()]
        lines += [f"{address} uppercase.internal" for address in addresses]
        with open(self.folder / "hosts", "r+b", buffering=0) as file:
            file.write(("\n".join(lines) + "\n").ljust(1000, "\n").encode())

    def start_service(self, name):
        self.start(name, "server", "--host", SERVICES[name], ready="The server is ready")

    def start_gateway(self, name):
        # The service may be asked twice, so that a killed one costs nothing.
        self.start(name, "--host", "0.0.0.0", "--admin", "0.0.0.0:9180", "--drain-delay", f"{DRAIN_DELAY}s",
                   "--upstream", "uppercase.internal:12000", "--attempts", "3", "--resolve-interval", "200ms",
                   "--timeout", "5s", "--workers", "2", *self.gateway_flags, ready="The gateway is ready")

    def start(self, name, *words, ready):
        self.programs[name] = Program(*words, letterbox=self.letterbox, within=self.hosts[name].within, ready=ready)

    def start_proxy(self, name, change=lambda text: text, has_answer=True):
        """Starts a proxy with its file of deploy/, and waits until letters come through it, or it listens at least."""
        file, command = PROXIES[name]
        text = change((ROOT / "deploy" / file).read_text())
        (self.folder / "proxy.conf").write_text(text.replace("/etc/letterbox/", f"{self.folder}/"))
        (self.folder / "main.conf").write_text(NGINX.format(folder=self.folder))
        with open(self.folder / "proxy.log", "w") as log:
            words = command.format(folder=self.folder).split()
            self.programs["proxy"] = Running(*self.hosts["proxy"].within, *words, stdout=subprocess.DEVNULL, stderr=log)
        wait_until(self.has_proxy if has_answer else self.listens, f"{name} at its port")

    def listens(self):
        if self.programs["proxy"].process.poll() is not None:
            raise SystemExit(f"The proxy ended: {(self.folder / 'proxy.log').read_text()}")
        with socket.socket() as probe:
            return probe.connect_ex((PROXY, 443)) == 0

    def has_proxy(self):
        try:
            if not self.listens():
                return False
            connection = http.client.HTTPSConnection(SITE, context=self.tls(), timeout=5)
            connection.request("POST", "/", b"is it there?")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False

    def tls(self, client=False):
        context = ssl.create_default_context(cafile=self.folder / "tls.pem")
        if client:
            context.load_cert_chain(self.folder / "client.pem")
        return context

    def end(self, name, how=signal.SIGTERM):
        """Ends a program and waits for it; its exit status."""
        return self.programs.pop(name).end(how)

    def requests(self, gateway):
        """How many requests a gateway has answered."""
        return counters(self.admin(gateway))['letterbox_http_responses_total{code="200"}']

    def addresses(self, gateway):
        """The services' addresses that a gateway knows."""
        return len(re.findall(r"^letterbox_udp_upstream_up\{", metrics(self.admin(gateway)), re.M))

    def admin(self, gateway):
        return f"{GATEWAYS[gateway]}:9180"


def make_certificates(folder):
    """A certificate for the site and one for a client, each its own authority."""
    for file, name in (("tls.pem", SITE), ("client.pem", "client.example")):
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", f"{folder}/key", "-out", f"{folder}/crt")
        (folder / file).write_text((folder / "crt").read_text() + (folder / "key").read_text())
        (folder / file.replace(".pem", ".crt")).write_text((folder / "crt").read_text())


def installed(names):
    return [name for name in names if shutil.which(name, path=PATH)]


def enter_namespaces(letterbox):
    """Goes on in namespaces of its own, which end with it."""
    if os.geteuid() != 0:
        print("Network namespaces need root.", file=sys.stderr)
        sys.exit(2)
    if not letterbox:
        build()
    os.environ["LETTERBOX_FLEET_IS_INSIDE"] = str(letterbox or LETTERBOX)
    os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable,
                          *sys.argv])


def inside(letterbox):
    """Where this program is in its own namespaces: the gateway to run; else it goes there."""
    letterbox = os.environ.pop("LETTERBOX_FLEET_IS_INSIDE", None) or enter_namespaces(letterbox)
    # ip-netns(8) keeps its namespaces there.
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    os.environ["PATH"] = f"{PATH}:{os.environ['PATH']}"
    os.environ["HOME"] = "/run"
    return letterbox
