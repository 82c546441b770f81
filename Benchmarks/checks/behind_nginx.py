#!/usr/bin/env python3
"""nginx as a reverse proxy in front of Letterbox, with keep-alive to it: every reply must be the right one.

Usage: behind_nginx.py LETTERBOX [COUNT] [THREADS]

Posts COUNT (default 10,000) unique bodies through nginx over THREADS (default 8) connections and counts what came back;
then tells over how many connections nginx sent them on. Exit status 1 when a reply was lost or wrong.
"""
import http.client
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import urllib.request

CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder};
    proxy_temp_path {folder};
    upstream letterbox {{ server 127.0.0.1:{gateway}; keepalive 16; }}
    server {{
        listen 127.0.0.1:{port};
        keepalive_requests 100000;
        location / {{
            proxy_pass http://letterbox;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def post(port, numbers, outcome):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    for number in numbers:
        body = f"letter {number} of many"
        connection.request("POST", "/", body)
        reply = connection.getresponse()
        text = reply.read().decode()
        kind = "right" if reply.status == 200 and text == body.upper() else f"wrong: {reply.status} {text!r}"
        with outcome["lock"]:
            outcome[kind] = outcome.get(kind, 0) + 1


def accepted(port):
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    name = "letterbox_http_connections_accepted_total "
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(name))


def main():
    binary = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    threads = int(sys.argv[3]) if len(sys.argv) > 3 else 8
    gateway = subprocess.Popen([binary, "--port", "0", "--server-port", "0"], stderr=subprocess.PIPE, text=True)
    folder = tempfile.TemporaryDirectory()
    nginx = None
    try:
        port = int(gateway.stderr.readline().split("http://127.0.0.1:")[1].split()[0])
        front = free_port()
        file = pathlib.Path(folder.name, "nginx.conf")
        file.write_text(CONFIGURATION.format(folder=folder.name, gateway=port, port=front))
        nginx = subprocess.Popen(["nginx", "-c", str(file)], stderr=subprocess.DEVNULL)
        while socket.socket().connect_ex(("127.0.0.1", front)) != 0:
            if nginx.poll() is not None:
                raise SystemExit("nginx did not start")
        outcome = {"lock": threading.Lock()}
        posters = [threading.Thread(target=post, args=(front, range(n, count, threads), outcome)) for n in range(threads)]
        for poster in posters:
            poster.start()
        for poster in posters:
            poster.join()
        del outcome["lock"]
        print(f"{count} requests through nginx: {outcome}; {accepted(port) - 1} connections to the gateway")
        return 0 if outcome == {"right": count} else 1
    finally:
        if nginx:
            nginx.terminate()
            nginx.wait()
        gateway.terminate()
        gateway.wait()


sys.exit(main())
