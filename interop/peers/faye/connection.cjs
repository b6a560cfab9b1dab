'use strict';
// A connection of faye-websocket.

const deflate = require('permessage-deflate');
const { Absent, OverWebSocket, deflateParameters } = require('../shared/matrix_connection.cjs');

class OnFaye extends OverWebSocket {
  constructor(socket) {
    super(socket);
    // Binary messages are buffers here.
    socket.onmessage = ({ data }) => this.arrive(data);
  }

  send(message) { this.socket.send(typeof message === 'string' ? message : Buffer.from(message)); }

  async close(code, reason) {
    // It says 1000 where it is given none, and takes no other code below 3000.
    if (code === undefined) throw new Absent();
    await super.close(code, reason);
  }

  ping() {
    return new Promise((resolve) => { this.socket.ping('are you there?', resolve); });
  }
}

/** The extensions to use. */
function extensions() {
  const wanted = deflateParameters();
  return wanted ? [deflate.configure({
    noContextTakeover: wanted.client_no_context_takeover,
    requestNoContextTakeover: wanted.server_no_context_takeover,
    maxWindowBits: wanted.client_max_window_bits,
    requestMaxWindowBits: wanted.server_max_window_bits,
  })] : [];
}

module.exports = { OnFaye, options: { extensions: extensions(), maxLength: 64 << 20 } };
