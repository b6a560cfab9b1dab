'use strict';
// A connection of ws.

const { Connection, deflateParameters } = require('../shared/matrix_connection.cjs');

class OnWs extends Connection {
  constructor(socket) {
    super();
    this.socket = socket;
    socket.on('message', (data, isBinary) => this.arrive(isBinary ? data : data.toString()));
    socket.on('close', (code, reason) => this.end(code, reason.toString()));
    socket.on('error', () => {});
  }

  send(message) { this.socket.send(message); }

  async close(code, reason) {
    this.socket.close(code, reason);
    const closed = await this.ended;
    if (closed.code === 1006) throw closed;
  }

  async sendFragments(fragments) {
    fragments.forEach((fragment, place) => {
      this.socket.send(fragment, { fin: place === fragments.length - 1 });
      if (place < fragments.length - 1) this.socket.ping('in between');
    });
  }

  ping() {
    return new Promise((resolve) => {
      this.socket.once('pong', resolve);
      this.socket.ping('are you there?');
    });
  }

  async drop() { this.socket.terminate(); }
}

/** The options of ws that stand for parameters of compression. */
function perMessageDeflate() {
  const wanted = deflateParameters();
  return wanted && {
    serverNoContextTakeover: wanted.server_no_context_takeover,
    clientNoContextTakeover: wanted.client_no_context_takeover,
    serverMaxWindowBits: wanted.server_max_window_bits,
    clientMaxWindowBits: wanted.client_max_window_bits ?? true,
    threshold: 0,
  };
}

module.exports = { OnWs, perMessageDeflate };
