'use strict';
// Bun as a client, whose WebSocket has more than the browsers' one.

const fs = require('node:fs');
const { OverWebSocket } = require('../shared/matrix_connection.cjs');
const { run } = require('../shared/matrix_client.cjs');

const authority = process.env.INTEROP_CA;
const options = {
  perMessageDeflate: process.env.INTEROP_DEFLATE !== undefined,
  ...authority && { tls: { ca: fs.readFileSync(authority) } },
};

class OnBun extends OverWebSocket {
  ping() {
    return new Promise((resolve) => {
      this.socket.addEventListener('pong', resolve, { once: true });
      this.socket.ping('are you there?');
    });
  }

  async drop() { this.socket.terminate(); }
}

run((url, protocols) => new OnBun(new WebSocket(url, { protocols, ...options })).opened());
