// The gateway in Node.js: `http` in front, `dgram` behind. A pool of connected sockets, last in first out, one
// exchange at a time on each; a socket whose exchange got no reply is closed and not used again.
//
// Usage: node node.mjs --port P --upstream HOST:PORT
import dgram from 'node:dgram';
import http from 'node:http';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { port: { type: 'string' }, upstream: { type: 'string' } } });
const [upstreamHost, upstreamPort] = values.upstream.split(':');
const maxDatagram = 65507;
const deadline = 2000; // milliseconds

/** One connected socket; `exchange` may be called again once its last callback has run. */
class Door {
  #socket;
  #timer;
  #done = null;

  static open(ready) {
    const socket = dgram.createSocket('udp4');
    socket.once('error', ready);
    socket.connect(Number(upstreamPort), upstreamHost, () => {
      socket.removeListener('error', ready);
      ready(null, new Door(socket));
    });
  }

  constructor(socket) {
    this.#socket = socket;
    socket.on('message', (message) => this.#finish(null, message));
    socket.on('error', (error) => this.#finish(error));
  }

  exchange(body, done) {
    this.#done = done;
    this.#timer = setTimeout(() => this.#finish(new Error('no reply by the deadline')), deadline);
    this.#socket.send(body, (error) => error && this.#finish(error));
  }

  close() {
    this.#socket.close();
  }

  #finish(error, message) {
    const done = this.#done;
    if (done === null) return; // late or doubled
    this.#done = null;
    clearTimeout(this.#timer);
    done(error, message);
  }
}

const idle = [];

function exchange(body, done) {
  const use = (door) =>
    door.exchange(body, (error, reply) => {
      if (error) door.close();
      else idle.push(door);
      done(error, reply);
    });
  const door = idle.pop();
  if (door) return use(door);
  Door.open((error, opened) => (error ? done(error) : use(opened)));
}

function respond(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': body.length });
  response.end(body);
}

const server = http.createServer((request, response) => {
  if (request.method !== 'POST') return respond(response, 405, 'Method Not Allowed\n');
  const chunks = [];
  let length = 0;
  request.on('data', (chunk) => {
    length += chunk.length;
    if (length <= maxDatagram) chunks.push(chunk);
  });
  request.on('end', () => {
    if (length > maxDatagram) return respond(response, 413, 'Content Too Large\n');
    exchange(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks), (error, reply) => {
      if (!error) return respond(response, 200, reply);
      const status = error.code === undefined ? 504 : 502;
      respond(response, status, `${http.STATUS_CODES[status]}\n`);
    });
  });
});

server.listen(Number(values.port), '127.0.0.1', () => {
  console.error(`The gateway is ready: http://127.0.0.1:${server.address().port} -> udp://${values.upstream}`);
});
