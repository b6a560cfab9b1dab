'use strict';
// A connection of the package websocket.

const { Absent, Connection } = require('../shared/matrix_connection.cjs');

class OnWebsocket extends Connection {
  constructor(socket) {
    super();
    this.socket = socket;
    this.subprotocol = socket.protocol;
    socket.on('message', (it) => this.arrive(it.type === 'utf8' ? it.utf8Data : it.binaryData));
    socket.on('close', (code, reason) => this.end(code, reason ?? ''));
    socket.on('error', () => {});
  }

  send(message) {
    if (typeof message === 'string') this.socket.sendUTF(message);
    else this.socket.sendBytes(Buffer.from(message));
  }

  async close(code, reason) {
    if (code === undefined) throw new Absent();
    this.socket.close(code, reason);
    await this.ended;
  }

  ping() {
    return new Promise((resolve) => {
      this.socket.once('pong', resolve);
      this.socket.ping('are you there?');
    });
  }

  async drop() { this.socket.socket.destroy(); }
}

const sizes = { maxReceivedFrameSize: 64 << 20, maxReceivedMessageSize: 64 << 20 };

module.exports = { OnWebsocket, sizes };
