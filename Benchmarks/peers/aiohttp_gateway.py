"""The gateway in Python: aiohttp in front, asyncio datagram endpoints behind.

A pool of connected sockets, last in first out, one exchange at a time on each; a socket whose exchange got no reply is
closed and not used again.

Usage: aiohttp_gateway.py --port P --upstream HOST:PORT [--uvloop]
"""

import argparse
import asyncio
import os
import socket
import sys

from aiohttp import web

MAX_DATAGRAM = 65507
DEADLINE = 2.0  # seconds


class Door(asyncio.DatagramProtocol):
    """One connected socket and the exchange that is waiting for its reply, if any."""

    def __init__(self, loop):
        self.loop = loop
        self.transport = None
        self.reply = None

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        if self.reply is not None and not self.reply.done():
            self.reply.set_result(data)

    def error_received(self, exc):
        if self.reply is not None and not self.reply.done():
            self.reply.set_exception(exc)

    async def exchange(self, body):
        self.reply = self.loop.create_future()
        deadline = self.loop.call_later(DEADLINE, self.expire, self.reply)
        try:
            self.send(body)
            return await self.reply
        finally:
            deadline.cancel()
            self.reply = None

    def send(self, body):
        if body:
            self.transport.sendto(body)
            return
        # asyncio leaves an empty datagram unsent, so it goes out past the transport.
        with socket.socket(fileno=os.dup(self.transport.get_extra_info("socket").fileno())) as door:
            door.send(body)

    @staticmethod
    def expire(reply):
        if not reply.done():
            reply.set_exception(asyncio.TimeoutError())


class Gateway:
    """Answers each POST with what the upstream replies to the body."""

    def __init__(self, upstream):
        self.upstream = upstream
        self.idle = []

    async def open_door(self):
        loop = asyncio.get_running_loop()
        _, door = await loop.create_datagram_endpoint(lambda: Door(loop), remote_addr=self.upstream)
        return door

    async def exchange(self, body):
        door = self.idle.pop() if self.idle else await self.open_door()
        try:
            reply = await door.exchange(body)
        except BaseException:
            door.transport.close()
            raise
        self.idle.append(door)
        return reply

    async def respond(self, request):
        try:
            body = await request.read()
            if len(body) > MAX_DATAGRAM:
                raise web.HTTPRequestEntityTooLarge(MAX_DATAGRAM, len(body))
            reply = await self.exchange(body)
        except asyncio.TimeoutError:
            raise web.HTTPGatewayTimeout() from None
        except OSError:
            raise web.HTTPBadGateway() from None
        return web.Response(body=reply, content_type="text/plain", charset="utf-8")


async def run(port, host, upstream_port):
    gateway = Gateway((host, upstream_port))
    app = web.Application()
    app.router.add_post("/", gateway.respond)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, backlog=1024)
    await site.start()
    bound = runner.addresses[0][1]
    print(f"The gateway is ready: http://127.0.0.1:{bound} -> udp://{host}:{upstream_port}", file=sys.stderr)
    await asyncio.Event().wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--upstream", required=True, metavar="HOST:PORT")
    parser.add_argument("--uvloop", action="store_true", help="run on uvloop instead of asyncio's own loop")
    arguments = parser.parse_args()
    host, _, upstream_port = arguments.upstream.rpartition(":")
    if arguments.uvloop:
        import uvloop

        uvloop.install()
    try:
        asyncio.run(run(arguments.port, host, int(upstream_port)))
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
