'use strict';
// Bun as a server.

const fs = require('node:fs');
const { Absent, Connection, REFUSAL } = require('../shared/matrix_connection.cjs');
const { serve } = require('../shared/matrix_server.cjs');

const { INTEROP_CERTIFICATE: cert, INTEROP_KEY: key, INTEROP_DEFLATE: deflate } = process.env;

class OnBun extends Connection {
  constructor(socket) {
    super();
    this.socket = socket;
  }

  send(message) { this.socket.send(message, deflate !== undefined); }

  async close(code, reason) {
    // Without a code it says 1000.
    if (code === undefined) throw new Absent();
    this.socket.close(code, reason);
    await this.ended;
  }

  ping() {
    this.socket.ping('are you there?');
    return new Promise((resolve) => { this.ponged = resolve; });
  }

  async drop() { this.socket.terminate(); }
}

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  tls: key && { key: fs.readFileSync(key), cert: fs.readFileSync(cert) },
  fetch(request, it) {
    if (new URL(request.url).pathname === '/refusal') return new Response(REFUSAL, { status: 401 });
    const offered = request.headers.get('sec-websocket-protocol') ?? '';
    const headers = offered.split(/, */).includes('chat') ? { 'Sec-WebSocket-Protocol': 'chat' } : {};
    return it.upgrade(request, { data: {}, headers }) ? undefined : new Response('', { status: 426 });
  },
  websocket: {
    perMessageDeflate: deflate !== undefined,
    maxPayloadLength: 64 << 20,
    backpressureLimit: 64 << 20,
    open(socket) {
      socket.data.connection = new OnBun(socket);
      serve(socket.data.connection);
    },
    message: (socket, message) => socket.data.connection.arrive(message),
    pong: (socket) => socket.data.connection.ponged?.(),
    close: (socket, code, reason) => socket.data.connection.end(code, reason),
  },
});
console.log(`listening on ${key ? 'wss' : 'ws'}://127.0.0.1:${server.port}`);
